"""pynetdicom (MIT) as an odd and as a hostile peer of `limpid node`, in both directions; prints a line a trial.

    pip install pynetdicom==3.0.4
    npm run build && python test/bench/node_peer.py

Odd: strange negotiations that the standard allows. Hostile: associations that break off, PDUs that lie, bytes that are
none. After each the node must still take and acknowledge a whole instance, and hold whole files only.
"""
import json
import os
import random
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEG2000Lossless, generate_uid
from pynetdicom import AE, evt
from pynetdicom.pdu_primitives import (
    AsynchronousOperationsWindowNegotiation,
    SOPClassCommonExtendedNegotiation,
    SOPClassExtendedNegotiation,
    UserIdentityNegotiation,
)
from pynetdicom.presentation import build_context
from pynetdicom.sop_class import CTImageStorage, MRImageStorage, PatientRootQueryRetrieveInformationModelFind, Verification

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FAILED = []


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def image(syntax=ExplicitVRLittleEndian, series=None, number=1):
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = syntax
    data.SOPClassUID = MRImageStorage
    data.SOPInstanceUID = generate_uid()
    data.StudyInstanceUID = "1.2.3"
    data.SeriesInstanceUID = series or generate_uid()
    data.Modality = "MR"
    data.PatientName = "Peer^Odd"
    data.InstanceNumber = number
    data.Rows = data.Columns = 32
    data.BitsAllocated = data.BitsStored = 16
    data.HighBit = 15
    data.PixelRepresentation = 0
    data.SamplesPerPixel = 1
    data.PhotometricInterpretation = "MONOCHROME2"
    data.PixelData = os.urandom(2048)
    data["PixelData"].VR = "OW"
    return data


class Node:
    """The built node, and what it says of itself."""

    def __init__(self, folder, target):
        self.port, self.folder = free_port(), os.path.join(folder, "node")
        config = {
            "host": "127.0.0.1", "port": self.port, "folder": self.folder, "quietSeconds": 1, "leastFreeGb": 0,
            "mostAssociations": 10, "longestPauseSeconds": 1,
            "targets": {"odd": {"kind": "dicom", "title": "ODD", "host": "127.0.0.1", "port": target}},
            "rules": [{"name": "on", "do": "forward", "originals": ["odd"]}],
        }
        self.config = os.path.join(folder, "node.json")
        with open(self.config, "w") as file:
            json.dump(config, file)
        self.child = subprocess.Popen(
            ["node", os.path.join(ROOT, "bin", "limpid.js"), "node", "--config", self.config],
            stdout=subprocess.PIPE, text=True,
        )
        line = self.child.stdout.readline()
        self.status = line.split("status at ")[1].strip()

    def health(self):
        with urllib.request.urlopen(self.status) as answer:
            return json.load(answer)

    def memory(self):
        with open(f"/proc/{self.child.pid}/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024


def associate(port, contexts=None, title="LIMPID", ext=None, size=16382, ae="PEER"):
    peer = AE(ae_title=ae)
    peer.acse_timeout = peer.dimse_timeout = peer.network_timeout = 20
    for context in contexts or [build_context(MRImageStorage, [ExplicitVRLittleEndian, ImplicitVRLittleEndian]), build_context(Verification)]:
        peer.add_requested_context(context.abstract_syntax, context.transfer_syntax)
    return peer.associate("127.0.0.1", port, ae_title=title, ext_neg=ext, max_pdu=size)


def stores(port, data=None, **more):
    """Whether a whole instance is taken and acknowledged."""
    one = associate(port, **more)
    if not one.is_established:
        return False
    status = one.send_c_store(data or image())
    one.release()
    return "Status" in status and status.Status == 0


def raw(port, *parts, pause=0.0):
    """Sends bytes, and closes without a word. Returns what was answered."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        answer = b""
        try:
            for part in parts:
                line.sendall(part)
                time.sleep(pause)
            line.settimeout(0.3)
            answer = line.recv(4096)
        except OSError:
            pass
        return answer


def request_pdu(title=b"LIMPID", contexts=1, padding=b""):
    item = lambda kind, body: struct.pack(">BBH", kind, 0, len(body)) + body
    body = struct.pack(">HH", 1, 0) + title.ljust(16)[:16] + b"PEER".ljust(16) + bytes(32)
    body += item(0x10, b"1.2.840.10008.3.1.1.1")
    for i in range(contexts):
        body += item(0x20, bytes([2 * i + 1 & 255, 0, 0, 0]) + item(0x30, b"1.2.840.10008.5.1.4.1.1.4") + item(0x40, b"1.2.840.10008.1.2"))
    body += item(0x50, item(0x51, struct.pack(">I", 16384)) + item(0x52, b"1.2.3")) + padding
    return struct.pack(">BBI", 1, 0, len(body)) + body


def trial(name, passed, node):
    alive = node.child.poll() is None and stores(node.port)
    if not (passed and alive):
        FAILED.append(name)
    print(f"{'ok' if passed and alive else 'FAILED'}  {name}{'' if alive else ' (takes nothing any more)'}", flush=True)


def odd(node):
    port = node.port
    echo = associate(port)
    trial("C-ECHO", echo.is_established and echo.send_c_echo().Status == 0, node)
    echo.release()
    for name, syntax in [("implicit", ImplicitVRLittleEndian), ("explicit", ExplicitVRLittleEndian)]:
        trial(f"C-STORE {name}", stores(port, image(syntax), contexts=[build_context(MRImageStorage, syntax)]), node)
    many = [build_context(MRImageStorage, [ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEG2000Lossless, ExplicitVRBigEndian])] + [build_context(f"1.2.826.0.1.{i}", "1.2.826.1") for i in range(127)]
    trial("128 contexts, 127 of them of nobody", stores(port, contexts=many), node)
    user = UserIdentityNegotiation()
    user.user_identity_type, user.primary_field, user.secondary_field, user.positive_response_requested = 2, b"user", b"word", True
    window = AsynchronousOperationsWindowNegotiation()
    window.maximum_number_operations_invoked = window.maximum_number_operations_performed = 0
    extended, common = SOPClassExtendedNegotiation(), SOPClassCommonExtendedNegotiation()
    extended.sop_class_uid, extended.service_class_application_information = MRImageStorage, b"\x02\x00\x03\x00\x01\x00"
    common.sop_class_uid, common.service_class_uid = MRImageStorage, "1.2.840.10008.4.2"
    for name, one in [("user identity", user), ("unlimited window of operations", window), ("extended negotiation", extended), ("common extended negotiation", common)]:
        trial(name, stores(port, ext=[one]), node)
    for size in (0, 4096, 1024, 131072):
        trial(f"largest PDU {size}", stores(port, size=size), node)
    trial("a title that is not ours is refused", not stores(port, title="SOMEBODY"), node)
    find = associate(port, contexts=[build_context(PatientRootQueryRetrieveInformationModelFind)])
    trial("only what we have not is refused", not find.is_established or not find.accepted_contexts, node)
    find.release() if find.is_established else None
    series = generate_uid()
    both = [associate(port, ae=f"PEER{i}") for i in range(2)]
    answers = [both[i % 2].send_c_store(image(series=series, number=i)).Status for i in range(20)]
    for one in both:
        one.release()
    trial("one series over two associations by turns", set(answers) == {0}, node)
    ten = [associate(port) for _ in range(14)]
    taken = [one for one in ten if one.is_established]
    for one in taken:
        one.release()
    trial(f"14 at a time, of 10 that may be: {len(taken)} were taken", 1 <= len(taken) <= 10, node)
    empty = image()
    empty.SeriesInstanceUID = ""
    one = associate(port)
    status = one.send_c_store(empty).get("Status", -1)
    one.release()
    trial(f"an instance without series: status {status:04X}", status >= 0, node)


def hostile(node):
    port, chance = node.port, random.Random(1)
    whole = request_pdu()
    trial("nothing", raw(port) is not None, node)
    trial("a request cut at every 20th byte", all(raw(port, whole[:n]) is not None for n in range(1, len(whole), 20)), node)
    trial("a length of 4 GB", raw(port, b"\x01\x00\xff\xff\xff\xff" + bytes(100)) is not None, node)
    trial("P-DATA before any association", raw(port, b"\x04\x00\x00\x00\x00\x0a" + bytes(10)) is not None, node)
    trial("HTTP", raw(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") is not None, node)
    trial("300 contexts, identifiers twice", raw(port, request_pdu(contexts=300)) is not None, node)
    trial("a megabyte of user items", raw(port, request_pdu(padding=struct.pack(">BBH", 0x58, 0, 65535) * 1 + bytes(65535))) is not None, node)
    pdv = lambda flag, body, context=1: struct.pack(">BBIIBB", 4, 0, len(body) + 6, len(body) + 2, context, flag) + body
    trial("data of a context that is none", raw(port, whole, pdv(3, b"x" * 20, 77), pause=0.1) is not None, node)
    trial("a command that is none", raw(port, whole, pdv(3, os.urandom(64)), pause=0.1) is not None, node)
    trial("a fragment whose length lies", raw(port, whole, struct.pack(">BBIIBB", 4, 0, 20, 4000, 1, 3) + bytes(14), pause=0.1) is not None, node)
    trial("release in the middle of a command", raw(port, whole, pdv(1, b"\0" * 20), b"\x05\x00\x00\x00\x00\x04" + bytes(4), pause=0.1) is not None, node)
    for _ in range(5):
        one = associate(port)
        if one.is_established:
            one.abort()
    trial("five aborts", True, node)
    mutated = 0
    for _ in range(10_000):
        bytes_ = bytearray(whole)
        for _ in range(chance.randint(1, 8)):
            bytes_[chance.randrange(len(bytes_))] = chance.randrange(256)
        with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
            try:
                line.sendall(bytes_)
                mutated += 1
            except OSError:
                mutated += 1
    trial(f"{mutated} mutated requests", mutated == 10_000, node)


def open_target(answers):
    """A target that answers as the list says, and then as it should."""
    received = []

    def on_store(event):
        answer = answers.pop(0) if answers else 0
        if answer == "abort":
            event.assoc.abort()
            return 0
        if answer == "slow":
            time.sleep(3)
            answer = 0
        if answer == 0:
            received.append(event.request.AffectedSOPInstanceUID)
        return answer

    target = AE(ae_title="ODD")
    target.supported_contexts = [build_context(uid, [ExplicitVRLittleEndian, ImplicitVRLittleEndian]) for uid in (MRImageStorage, CTImageStorage, Verification)]
    port = free_port()
    return port, received, target.start_server(("127.0.0.1", port), block=False, evt_handlers=[(evt.EVT_C_STORE, on_store)])


def main():
    folder = tempfile.mkdtemp(prefix="limpid-peer-")
    port, received, server = open_target(["abort", 0xA700, "slow", 0xC000, "abort", 0x0122])
    node = Node(folder, port)
    try:
        series, sent = generate_uid(), []
        one = associate(node.port)
        for i in range(6):
            data = image(series=series, number=i)
            sent.append(data.SOPInstanceUID)
            one.send_c_store(data)
        one.release()
        until = time.time() + 120
        while time.time() < until and not set(sent) <= set(received):
            time.sleep(0.5)
        missing = len(set(sent) - set(received))
        trial(f"a target that aborts, is full, slow and refuses: {missing} of 6 missing", missing == 0, node)
        before = node.memory()
        odd(node)
        hostile(node)
        print(f"memory {before:.0f} MB before, {node.memory():.0f} MB after; {node.health()}")
        # Beside them the state of a series may just be written, by a part of its own.
        kept = [os.path.join(node.folder, "series", one, where) for one in os.listdir(os.path.join(node.folder, "series")) for where in ("images", "late")]
        parts = [name for one in kept if os.path.isdir(one) for name in os.listdir(one) if not name.endswith(".dcm")]
        trial("no half file among the series", parts == [], node)
    finally:
        node.child.terminate()
        ended = node.child.wait(30)
        server.shutdown()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"the node ended with {ended}; {len(FAILED)} failed")
    sys.exit(1 if FAILED or ended != 0 else 0)


main()
