"""The experiment's answer: whether synthetic faces help to recognise people never seen.

`arm` says what a classifier was trained on, `predictions` is the one long table of what every
classifier said, `resampling` draws people, generators and seeds anew, `contrasts` subtracts arms,
`rule` turns a difference into a verdict, and `answer` writes it all down.
"""
