"""The report room: small frames and figures in, one web page and a summary in words out. Pure."""
