"""What can go wrong, by who can mend it; the exit code of a command tells the same to a script."""


class DepthfacesError(Exception):
    """A fault with one line for the user: what was expected, what was found, what to do."""

    code = 1


class ParamsError(DepthfacesError):
    """The user's parameters or arguments."""

    code = 2


class DataError(DepthfacesError):
    """The data."""

    code = 3


class IntegrityError(DepthfacesError):
    """A checksum, a leak between splits, a NaN, a mismatch between stages."""

    code = 4


class MachineError(DepthfacesError):
    """Disk, network, memory or permission."""

    code = 5
