/** The library process: reads what the person looks at, so that no damaged file can take the app with it. */
import { openLog } from '../../base/log.js';
import { problemFrom } from '../../contract/errors.js';
import { type Line, openLine } from '../../process/line.js';
import { type Library, openLibrary } from './library.js';
import type { LibraryAnswer, LibraryMessage, LibraryRequest } from './protocol.js';
import { searchRuns } from './runs.js';

openLog('library');
process.on('SIGINT', () => undefined);
const line: Line<LibraryRequest, LibraryMessage> = openLine();
const library = openLibrary((input) => tell({ kind: 'input', input }));
line.onClose(() => process.exit(0));
line.onMessage((request) => {
  answer(library, request)
    .catch((error: unknown): LibraryAnswer => ({ kind: 'refused', problem: problemFrom(error) }))
    .then((reply) => tell({ kind: 'answer', id: request.id, answer: reply }));
});

function tell(message: LibraryMessage): void {
  // A lost line ends this process through onClose.
  line.send(message).catch(() => undefined);
}

async function answer(of: Library, request: LibraryRequest): Promise<LibraryAnswer> {
  switch (request.kind) {
    case 'open':
      of.open(request.input, request.paths);
      return { kind: 'done' };
    case 'close':
      await of.close(request.input);
      return { kind: 'done' };
    case 'moved':
      await of.moved(request.folder, request.isBack);
      return { kind: 'done' };
    case 'frame':
      return { kind: 'frame', frame: await of.frame(request.series, request.index) };
    case 'thumbnail':
      return { kind: 'png', png: await of.thumbnail(request.series) };
    case 'slice':
      return { kind: 'png', png: await of.slice(request.series, request.index) };
    case 'tags':
      return { kind: 'tags', tags: await of.tags(request.series, request.index) };
    case 'labels':
      return { kind: 'labels', labels: await of.labels(request.series, request.place, request.slice) };
    case 'document':
      return { kind: 'document', document: await of.document(request.about) };
    case 'noise':
      return { kind: 'noise', noise: await of.noise(request.series) };
    case 'rules':
      return { kind: 'rules', matches: await of.rules(request.rules) };
    case 'runs':
      return { kind: 'runs', runs: await searchRuns(request.search) };
  }
}
