"""The experiment that shows whether synthetic faces help to recognise people never seen."""
