"""Reads an errand: headers, then (seconds to wait, method, path, form) per request."""


def read(path):
    headers, requests = {}, []
    with open(path, encoding="utf-8") as file:
        for line in file:
            fields = line.rstrip("\n").split("\t")
            if fields[0] == "header":
                headers[fields[1]] = fields[2]
            else:
                wait, method, where, form = fields
                requests.append((float(wait), method, where, form))
    return headers, requests


FORM = {"Content-Type": "application/x-www-form-urlencoded"}
