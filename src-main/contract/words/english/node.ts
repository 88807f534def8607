/** What a DICOM node says. */
export const NODE = {
  'E_NOT_FOUND/node-settings': ['The settings of the node cannot be read.', 'Check the path.'],
  'E_USAGE/node-json': ['The settings of the node are no JSON.', '{said:text}'],
  'E_USAGE/node-settings': [
    'The settings of the node are wrong: {what:list}.',
    'docs/node.md tells what may stand there.',
  ],
  'E_USAGE/node-config': ['The settings of the node are missing.', 'Name their file.', 'edge'],
  'E_NETWORK/target': [
    'The target did not take an instance ({status:text}).',
    'Ask its administrator; it is tried again.',
  ],
  'E_NETWORK/not-kept': [
    'The target took all, and binds itself to keep all but {missing|one instance|# instances}.',
    'Ask its administrator; it is tried again.',
  ],
  'E_IO/target-folder': ['A folder that is a target cannot be written.', 'Check it.'],
  'E_NOT_FOUND/token': ['The token of a target cannot be read.', 'Check its path.'],
  'E_USAGE/queue-address': [
    'The address of the queue is wrong.',
    'Give redis://HOST:PORT, rediss:// for TLS, or a file whose first line is such an address.',
  ],
  'E_USAGE/queue-database': [
    'Redis has no database {database:raw}.',
    'End the address of the queue with one that it has: /0 to /15, unless Redis is set to others.',
  ],
  'E_USAGE/queue-missing': ['The address of the queue is missing.', 'Give it.', 'edge'],
  'E_USAGE/work-folder': [
    'The folder to work in is a file, or below one.',
    'Name a folder on a disk of this machine.',
  ],
  'E_NETWORK/queue': [
    'The queue cannot be reached.',
    'Check host and port of Redis, that it runs, and that this machine may connect to it.',
  ],
  'E_NETWORK/queue-password': [
    'The queue does not accept user and password.',
    'Write the right ones into its address: redis://USER:PASSWORD@HOST:PORT.',
  ],
  'E_NOT_FOUND/batch': [
    'No batch was submitted with this output folder.',
    'Give the folder that was submitted.',
  ],
  'E_RESUME/batch': [
    'This output folder is that of another batch, or of a run.',
    'Submit the same again to go on, or choose a new folder.',
  ],
  'E_USAGE/removed': ['What the series held was removed.', 'Send it to the node again.'],
  'E_NOT_FOUND/node-series': ['The node has no such series.', 'Look at the list again.'],
  'E_USAGE/node-state': [
    'The series is {state:text}: that cannot be done with it now.',
    'Look at the list again.',
  ],
  'E_NETWORK/status-port': ['The status port is in use.', 'Choose another as statusPort.'],
  'E_USAGE/series-id': ['That is no id of a series.', 'The list of the node shows them.'],
  'E_USAGE/other-user': ['The node is of another user.', 'Ask as that user.'],
  'E_NOT_FOUND/node': ['No node runs with these settings.', 'Start it with the same settings.', 'edge'],
} as const;
