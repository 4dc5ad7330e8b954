"""The experiment's verdict: whether synthetic faces help to recognise unseen people.

`arm` describes what a classifier was trained on, `predictions` is the long table of all
predictions, `resampling` resamples people, generators and seeds, `contrasts` subtracts arms, `rule`
turns a difference into a verdict, and `answer` collects it all.
"""
