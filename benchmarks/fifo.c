/* First in, first out on one pool, with a binary heap of ends: what the compiled engine is
 * measured against.
 *
 *     fifo JOBS GPUS REPEATS FILE
 *
 * FILE holds three arrays of JOBS native int64, one behind the other: submission (ascending) and
 * run time in seconds, GPUs. Writes the starts to FILE.starts in the same manner and prints the
 * seconds that the loop took, once for each repeat; reading and writing are not timed.
 *
 * A queue simulation as one would write it for this one question: the head of the queue waits
 * until it fits, nobody overtakes it, and an end at an instant frees GPUs for a start at that
 * instant. Since nobody overtakes, the queue is the trace itself and needs no memory of its own.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct {
    int64_t end, gpus;
} Running;

static void push(Running *heap, int64_t place, Running added)
{
    while (place > 0) {
        int64_t above = (place - 1) >> 1;
        if (heap[above].end <= added.end)
            break;
        heap[place] = heap[above];
        place = above;
    }
    heap[place] = added;
}

/* The hole sinks to the bottom and the last element rises from there. */
static void pop(Running *heap, int64_t size)
{
    Running last = heap[--size];
    int64_t place = 0, below = 1;
    while (below + 1 < size) {
        below += heap[below + 1].end < heap[below].end;
        heap[place] = heap[below];
        place = below;
        below = 2 * place + 1;
    }
    if (below < size) {
        heap[place] = heap[below];
        place = below;
    }
    push(heap, place, last);
}

static void play(int64_t jobs, int64_t free, const int64_t *submit, const int64_t *run,
                 const int64_t *gpus, int64_t *start, Running *heap)
{
    int64_t now = 0, running = 0;
    for (int64_t job = 0; job < jobs; job++) {
        if (submit[job] > now)
            now = submit[job];
        while (running > 0 && (heap[0].end <= now || free < gpus[job])) {
            if (heap[0].end > now)
                now = heap[0].end;
            free += heap[0].gpus;
            pop(heap, running--);
        }
        start[job] = now;
        free -= gpus[job];
        push(heap, running++, (Running){now + run[job], gpus[job]});
    }
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int main(int count, char **given)
{
    if (count != 5)
        return 2;
    int64_t jobs = atoll(given[1]), pool = atoll(given[2]);
    int64_t *columns = malloc(3 * jobs * sizeof *columns);
    int64_t *start = calloc(jobs, sizeof *start);
    Running *heap = malloc((pool + 1) * sizeof *heap);
    char name[4096];
    FILE *file = fopen(given[4], "rb");
    if (!columns || !start || !heap || !file ||
        fread(columns, sizeof *columns, 3 * jobs, file) != (size_t)(3 * jobs))
        return 1;
    fclose(file);
    for (int repeat = atoi(given[3]); repeat > 0; repeat--) {
        double began = seconds();
        play(jobs, pool, columns, columns + jobs, columns + 2 * jobs, start, heap);
        printf("%.9f\n", seconds() - began);
    }
    snprintf(name, sizeof name, "%s.starts", given[4]);
    file = fopen(name, "wb");
    if (!file || fwrite(start, sizeof *start, jobs, file) != (size_t)jobs || fclose(file))
        return 1;
    return 0;
}
