/** What stands behind the window, the setup, and the window itself. */
export const APP = {
  'W_UNREADABLE/kept-file': [
    'Settings, watched folders or targets hold what this version of Limpid does not know, or are damaged: that part is not in use.',
    'The whole file is kept at this place, and its name tells which it is. Use the version that wrote it, or enter again what is missing.',
  ],
  'E_NOT_FOUND/address': ['There is nothing here.', 'Check the address.'],
  'E_CRASH/device': [
    'The process that tried the device {how:end}.',
    'Update the driver of the device, or use another device.',
  ],
  'E_CRASH/device-ended': [
    'The process that tried the device ended early ({how:text}).',
    'Update the driver of the device, or use another device.',
  ],
  'E_IO/port': [
    'The port cannot be used.',
    'Choose another port, or leave the choice to the system.',
    'edge',
  ],
  'E_USAGE/no-json': ['The call is not JSON.', 'Report this.'],
  'E_USAGE/long-call': ['The call is too long.', 'Report this.'],
  'E_PATH_ESCAPE/upload-name': ['The name of a file is not usable.', 'Rename it, then drop it again.'],
  'E_CRASH/library': [
    'The process that reads images {how:end}.',
    'It was started again. If it happens again with the same files, leave them out and report it.',
  ],
  'E_CRASH/library-ended': [
    'The process that reads images ended early ({how:text}).',
    'It was started again. If it happens again with the same files, leave them out and report it.',
  ],
  'E_INTERNAL/library-answer': ['The library gave another answer than asked for.', 'Report this.'],
  'E_NOT_FOUND/series-closed': ['The series is not open.', 'Open its folder again.'],
  'E_CRASH/measuring': ['Measuring ended early.', 'Try again.'],
  'E_NOT_ELIGIBLE/map': ['A map of values is not denoised.', 'Nothing to do: open it beside its source.'],
  'E_NOT_ELIGIBLE/map-noise': ['The noise of a map is not measured.', 'Measure its source.'],
  'E_NOT_ELIGIBLE/document': [
    'The image is of a NIfTI file: a DICOM document names images of DICOM only.',
    'Save the measurements as a table, or a picture.',
  ],
  'E_NOT_FOUND/series-frame': ['The series has no such frame.', 'Open the input again.'],
  'E_INTERNAL/models-answer': ['The models gave another answer than asked for.', 'Report this.'],
  'E_NOT_FOUND/target': ['There is no such target.', 'Look at the list again.'],
  'E_USAGE/target-address': [
    'The address of a DICOMweb service begins with https:// or http:// and holds no name and no password.',
    'Give the token in its own field.',
  ],
  'E_USAGE/held': [
    'The result is held: its trust report fails, or there is none.',
    'Look at it first; say that it is to be sent all the same.',
  ],
  'E_CANCELLED/sending': [
    'Limpid ended while this was sent; the target may have a part of it.',
    'Send it again: what the target has already stays one.',
  ],
  'E_INTERNAL/echo-answer': ['The target gave another answer than asked for.', 'Report this.'],
  'E_INTERNAL/send-answer': ['Sending gave another answer than asked for.', 'Report this.'],
  'E_NOT_FOUND/job': ['There is no such job.', 'Look at the list again.'],
  'E_USAGE/not-training': ['Only a training that runs can be ended early.', 'Wait until it has started.'],
  'E_USAGE/job-running': ['The job is running.', 'Cancel it first.'],
  'E_USAGE/no-output': ['The path is not an output of a job.', 'Open it in a file manager.'],
  'E_USAGE/nothing-named': ['Nothing was named.', 'Choose files or a folder.'],
  'E_USAGE/rule-name': ['Another rule before it has the same name.', 'Give it another name.'],
  'E_USAGE/no-rules': ['There are no rules.', 'Add one: it says what is done with which series.'],
  'E_NOT_FOUND/watch': ['This folder is no longer watched.', 'Look at the list again.'],
  'E_USAGE/watch-paused': ['The folder is not watched now.', 'Go on with it first.'],
  'E_USAGE/watch-file': ['This is a file.', 'Choose a folder.'],
  'E_USAGE/watch-loop': [
    'What is written would be taken in again: one of the folders lies in the other, or in one that is watched.',
    'Choose folders that lie side by side.',
  ],
  'E_USAGE/watch-own': [
    'The folder holds the data of Limpid, or lies in them.',
    'Choose a folder that is for images alone.',
  ],
  'E_USAGE/watched-already': ['This folder is watched already.', 'Change what is done there instead.'],
  'E_USAGE/browser': ['A browser cannot do this.', 'Use the desktop app.'],
  'E_NOT_FOUND/job-file': ['The job left no such file.', 'Wait until it has finished.'],
  'E_NOT_FOUND/result': ['There is no such result any more.', 'Look at the list again.'],
  'E_USAGE/result-in-use': [
    'A job reads this result, or waits to.',
    'Cancel it first, or wait until it has finished.',
  ],
  'E_EXISTS/foreign-in-result': [
    '{files|A file|# files} in the output folder {files|is|are} not of this run: nothing was moved.',
    'Move them elsewhere first.',
  ],
  'E_NOT_FOUND/job-report': ['The job has no report.', 'Wait until it has finished.'],
  'E_PATH_ESCAPE/outside-folder': ['The file lies outside its folder.', 'Run the job again.'],
  'E_SETUP/windows': [
    'TensorFlow cannot be set up on Windows: PyPI’s library for Windows has nothing that the binding can be linked with.',
    'Use the GPU through WebGPU or DirectML, which need nothing; or run Limpid in WSL 2, where the setup works as on Linux.',
    'edge',
  ],
  'E_SETUP/other-system': [
    'TensorFlow can be set up on Linux with an x64 processor only, not on {system:text} {processor:text}.',
    'Leave the choice of the device to Limpid, which takes the GPU through WebGPU and needs nothing.',
    'edge',
  ],
  'E_SETUP/glibc': [
    'TensorFlow needs the C library glibc {least:text} or newer; here is {found:text}.',
    'Use a newer Linux, or leave the choice of the device to Limpid, which needs nothing.',
    'edge',
  ],
  'E_SETUP/no-glibc': [
    'TensorFlow needs the C library glibc {least:text} or newer; here is another one.',
    'Use a newer Linux, or leave the choice of the device to Limpid, which needs nothing.',
    'edge',
  ],
  'E_SETUP/npm': [
    'Fetching with npm failed: {said:text}',
    'Look at the network and at the registry of npm (npm config list), then run the setup again.',
  ],
  'E_SETUP/pip-fetch': [
    'Fetching {what:text} with pip failed: {said:text}',
    'Look at the network and at the package index of pip (pip config list), then run the setup again: it goes on.',
  ],
  'E_SETUP/compiling': [
    'Compiling the binding of TensorFlow failed: {said:text}',
    'Update the C++ compiler (C++17 is needed), or name another with CXX, then run the setup again.',
  ],
  'E_CANCELLED/setup': ['The setup was stopped.', 'Run it again: it goes on where it was.'],
  'E_SETUP/tools': [
    'Not everything that is needed is installed. Missing: {missing:tool}.',
    'Install it, then run the setup again. Limpid itself needs none of it: the automatic choice of the device works without.',
    'edge',
  ],
  'E_SETUP/other-result': [
    'The device {device:text} computes something else than the CPU (off by {off:sig}).',
    'Leave the choice of the device to Limpid, and report this.',
    'edge',
  ],
  'E_SETUP/pip': ['pip left no file of {name:text}.', 'Run the setup again; update pip if it happens again.'],
  'E_SETUP/unpacking': [
    'A fetched file could not be unpacked.',
    'See that the disk has room, then run the setup again.',
  ],
  'E_NOT_FOUND/training': ['The job is no training.', 'Look at the list again.'],
  'E_INTERNAL/compute-answer': ['The compute process answered something else.', 'Report this.'],
  'E_USAGE/update-place': [
    'Newer versions are looked for at an address that begins with https:// and holds no name and no password (http:// only of this computer), or at a whole path.',
    'Give the address of the file latest.yml, or its path, for example on a share.',
  ],
  'E_USAGE/no-update-place': [
    'No place is set at which newer versions are announced.',
    'Give the address or the path of a file latest.yml.',
    'edge',
  ],
  'E_NETWORK/update': [
    'The place where newer versions are announced cannot be reached ({code:text}).',
    'Check the address, that its server is running, and that this computer trusts its certificate; a path on a share does as well.',
  ],
  'E_NETWORK/update-status': [
    'The server that announces newer versions answered {status:raw}.',
    'Check the address; redirections are not followed.',
  ],
  'E_UPDATE/syntax': ['The file that announces newer versions is no YAML.', 'Check the address or the path.'],
  'E_UPDATE/format': [
    'The file that announces newer versions has something else than {expected:text} at {field:text}.',
    'Take latest.yml as electron-builder wrote it.',
  ],
  'E_UPDATE/version': [
    'The file that announces newer versions names none that Semantic Versioning knows.',
    'Write it as 1.2.3.',
  ],
  'E_UPDATE/place': [
    'The file that announces newer versions names an installer at an address of another kind.',
    'Give names beside it, or addresses with https://.',
  ],
  'E_UPDATE/length': [
    'The file that announces newer versions is longer than {most:raw} bytes.',
    'Check the address or the path: it is another file.',
  ],
  'E_USAGE/request': ['The request is wrong: {what:text}.', 'Report this: the window sent it.'],
  'E_USAGE/command-line': [
    'The command line is wrong ({what:text}).',
    'See the help of the command.',
    'edge',
  ],
  'E_USAGE/sender': ['The sender is not the window of the app.', 'Report this.'],
  'E_USAGE/in-place': ['Files are opened in place here.', 'Report this.'],
  'E_IO/silent': [
    'Limpid does not answer any more.',
    'Look at the terminal where it was started; open the address that it prints.',
  ],
  'E_NOT_FOUND/run-report': [
    'This run left no report that can be read.',
    'Look at the log of the job; its output folder may have been moved.',
  ],
  'E_IO/no-answer': ['The app did not answer.', 'Try again.'],
  'E_PIXEL_LENGTH/cut-slice': ['A slice arrived incomplete.', 'Try again.'],
  'E_IO/bare-slice': ['A slice arrived without its header.', 'Report this.'],
  'E_IO/status': ['The app answered with status {status:raw}.', 'Try again, or open the series again.'],
  'E_NOT_FOUND/map-files': [
    'The files of this map cannot be read any more.',
    'Its output folder may have been moved. Make the map again.',
  ],
  'E_INTERNAL/old-map': ['This map was written by another version of Limpid.', 'Make the map again.'],
} as const;
