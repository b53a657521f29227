"""The one importer of pyserial: a serial device as bytes in. Knows no codes.

pyserial tells one and the same unplugging in three ways (``SerialException``, ``OSError`` EIO,
``termios.error``); here it is one typed error. On Windows devices are named ``COM3``, and only the
text of a ``SerialException`` tells the reason.
"""

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import serial

from drivers.scan_errors import ScannerBusy, ScannerFault, ScannerMissing, ScannerRefused

if sys.platform == "win32":
    _FAULTS: tuple[type[Exception], ...] = (serial.SerialException, OSError)
else:
    import termios

    _FAULTS = (serial.SerialException, OSError, termios.error)

_REFUSALS: tuple[type[Exception], ...] = (*_FAULTS, ValueError)
_ERROR_OF = {
    errno.ENOENT: ScannerMissing,
    errno.ENODEV: ScannerMissing,
    errno.ENXIO: ScannerMissing,
    errno.EIO: ScannerMissing,
    errno.EBUSY: ScannerBusy,
    errno.EAGAIN: ScannerBusy,
    errno.EACCES: ScannerRefused,
    errno.EPERM: ScannerRefused,
}
_ERROR_IN_TEXT = {"FileNotFoundError": ScannerMissing, "PermissionError": ScannerBusy}
"""How Windows says it: a device that another program holds is "access denied"."""


class SerialLine:
    """An open device. One thread receives; any thread may cancel."""

    def __init__(self, port: serial.Serial, device: str) -> None:
        self._port = port
        self._device = device

    def receive(self) -> bytes:
        """Return what has come, waiting for the first byte until the line has been quiet too long.

        Empty: nothing came within the quiet time, or ``cancel`` was called.

        Raises:
            ScannerMissing: the device was unplugged.
        """
        try:
            return bytes(self._port.read(self._port.in_waiting or 1))
        except _FAULTS as gone:
            raise ScannerMissing(field=self._device) from gone

    def drop(self) -> None:
        """Forget what the device sent before now.

        Raises:
            ScannerMissing: the device was unplugged.
        """
        try:
            self._port.reset_input_buffer()
        except _FAULTS as gone:
            raise ScannerMissing(field=self._device) from gone

    def cancel(self) -> None:
        """Make a ``receive`` that is under way return now.

        Closing the port from another thread would not be safe.
        """
        with suppress(*_FAULTS, AttributeError, TypeError):  # closed meanwhile: nothing waits
            self._port.cancel_read()


@contextmanager
def open_line(device: str, *, baud_rate: int, quiet_s: float) -> Iterator[SerialLine]:
    """Open ``device`` for ourselves alone, and forget what it sent before.

    Give the stable name (``/dev/serial/by-id/…``): it comes back after unplugging.

    Raises:
        ScannerFault: as its subclasses say.
    """
    try:
        port = serial.Serial(device, baud_rate, timeout=quiet_s, exclusive=True)
    except _REFUSALS as wrong:
        raise _opening_error(wrong, device) from wrong
    line = SerialLine(port, device)
    try:
        line.drop()
        yield line
    finally:
        with suppress(*_FAULTS):
            port.close()


def _opening_error(wrong: Exception, device: str) -> ScannerFault:
    reason = wrong.args[0] if wrong.args else None  # termios.error has no errno attribute
    if isinstance(reason, int):
        return _ERROR_OF.get(reason, ScannerFault)(field=device)
    named = (kind for word, kind in _ERROR_IN_TEXT.items() if word in str(reason))
    return next(named, ScannerFault)(field=device)
