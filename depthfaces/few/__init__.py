"""What synthetic faces add where real people are few, and everything learns from those alone.

`task` says whose faces are learned from and asked, `choices` draws few people, `sources` makes
faces from them, `unit` fits every arm on one choice of people, `experiment` runs all of them and
can be killed at any time, `amounts` chooses doses on people not learned from, and `answer` judges.
"""
