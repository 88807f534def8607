/** Files, folders and processes. */
export const FILES = {
  'E_INTERNAL/unexpected': [
    'An unexpected {name:text} stopped this step.',
    'Run again with LIMPID_DEBUG=1 to see the stack on standard error, and report it.',
  ],
  'E_INTERNAL/unbuilt': ['The script {name:text} is not built.', 'Run `npm run build`, then try again.'],
  'E_INTERNAL/installation': [
    'The program is not as it was installed: {name:text} beside it is another file, missing, or one too many.',
    'Install Limpid again from where you got it; what you made with it is kept.',
  ],
  'E_INTERNAL/not-silent': [
    'ONNX Runtime is not loaded in a process that was started without {name:text}={value:text}: it would send what it runs.',
    'Start this process with {name:text}={value:text} in its environment.',
  ],
  'E_USAGE/condition': [
    'The condition is wrong at character {at:raw}: {what:condition}.',
    'Write it as in "Modality=MR and SeriesDescription~T2"; values with spaces stand in quotes.',
  ],
  'E_IO/no-room': [
    'There is room for {free:MB} only, and about {needed:MB} are needed.',
    'Free space or choose another folder.',
  ],
  'E_NOT_FOUND/path': ['The path does not exist.', 'Check the path.'],
  'E_NOT_FOUND/name-encoding': [
    'A name in the path is not in Unicode (UTF-8), so that it cannot be opened.',
    'Rename it, or unpack the archive that it came from with the right encoding.',
  ],
  'E_IO/name-too-long': [
    'A name in the path is longer than the file system takes.',
    'Choose a shorter name, or a folder nearer to the root.',
  ],
  'E_IO/folder-gone': [
    'The folder that this run writes into was removed, renamed or emptied while it ran, or its drive is gone.',
    'Put it back under its name, or choose another folder, then run again: what is there is gone on with.',
  ],
  'E_IO/disk-full': ['The disk is full.', 'Free space or choose another folder, then run again: it resumes.'],
  'E_IO/standard-output': [
    'What was told cannot be written: the disk that standard output goes to is full.',
    'Free space, or send standard output elsewhere, then run the command again.',
  ],
  'E_IO/denied': [
    'Access was denied.',
    'Get the right to write there, or choose another folder; then run again: it resumes.',
  ],
  'E_IO/read-only': ['This file system can only be read.', 'Choose a folder on another, then run again.'],
  'E_IO/refused': [
    'The file system refused the operation.',
    'Free space or choose another folder, then run again: it resumes.',
  ],
  'E_EXISTS/file-in-path': ['A part of the path is a file, not a folder.', 'Choose another path.'],
  'E_EXISTS/output': ['The output exists already.', 'Choose a new folder, or remove it first.'],
  'E_LOCKED/window': [
    'Limpid is open already: its queue and settings are used by one window at a time.',
    'Use the window that is open, or close it first; LIMPID_HOME names another data folder. If no Limpid runs, delete {lock:text} in the data folder.',
  ],
  'E_LOCKED/window-process': [
    'Limpid is open already (process {pid:raw}): its queue and settings are used by one window at a time.',
    'Use the window that is open, or close it first; LIMPID_HOME names another data folder. If no Limpid runs, delete {lock:text} in the data folder.',
  ],
  'E_LOCKED/output': [
    'Another run is writing into this output folder.',
    'Wait for it to end, or choose another folder. If no such run exists, delete .limpid/lock in the output folder.',
  ],
  'E_LOCKED/output-process': [
    'Another run (process {pid:raw}) is writing into this output folder.',
    'Wait for it to end, or choose another folder. If no such run exists, delete .limpid/lock in the output folder.',
  ],
  'E_LOCKED/output-lost': [
    'Another run has taken this output folder over, since this one did not answer for a minute.',
    'Nothing more is written by this run. Wait for the other run to end; if results are missing then, run again: it resumes.',
  ],
  'E_LOCKED/node': [
    'A node runs with this folder already.',
    'Use that one, end it first, or name another folder in the settings. If no node runs, delete {lock:text} in the folder.',
  ],
  'E_LOCKED/node-process': [
    'A node runs with this folder already (process {pid:raw}).',
    'Use that one, end it first, or name another folder in the settings. If no node runs, delete {lock:text} in the folder.',
  ],
  'E_LOCKED/node-lost': [
    'Another node has taken this folder over, because this one did not answer for a minute.',
    'Use the other, and see that only one node is started with this folder.',
  ],
  'E_LOCKED/window-lost': [
    'Another Limpid has taken the data folder over, since this one did not answer for a minute.',
    'Close this one, and use the other.',
  ],
  'E_NOT_FOUND/folder': ['The path is a folder.', 'Give a file.'],
  'E_NOT_FOUND/no-file': ['The path is no file but a pipe, a socket or a device.', 'Give a file.'],
  'E_IO/not-permitted': ['Reading was not permitted.', 'Ask for the right to read it, or leave it out.'],
  'E_IO/path-too-long': [
    'The path is too long for this system.',
    'Shorten its names, or copy it to a shorter path.',
  ],
  'E_IO/circle': ['The links of the path run in a circle.', 'Remove the link.'],
  'E_IO/too-many-open': ['Too many files are open on this machine.', 'Close other programs, then run again.'],
  'E_IO/unreadable': [
    'It could not be read: the disk, the medium or the network drive refused.',
    'Copy it again from where it came from, and check the disk or the connection.',
  ],
  'E_CANCELLED/run': ['The run was cancelled.', 'Start it again: it goes on where it stopped.', 'edge'],
  'E_CRASH/compute': [
    'The compute process {how:end}.',
    'Start it again: it resumes. If it happens again, try the CPU and report it.',
    'edge',
  ],
  'E_CRASH/compute-ended': [
    'The compute process ended early ({how:text}).',
    'Start it again: it resumes. If it happens again, try the CPU and report it.',
    'edge',
  ],
  'E_USAGE/condition-value': [
    'The condition is wrong at character {at:raw}: expected a value after "{operator:text}".',
    'Write it as in "Modality=MR and SeriesDescription~T2"; values with spaces stand in quotes.',
  ],
  'E_USAGE/condition-number': [
    'The condition is wrong at character {at:raw}: expected a number after "{operator:text}".',
    'Write it as in "Modality=MR and SeriesDescription~T2"; values with spaces stand in quotes.',
  ],
} as const;
