"""The web desk: pages made on the server, for the keyboard and the phone, in two languages."""
