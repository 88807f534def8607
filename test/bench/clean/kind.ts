import type { About } from '../../../src-main/artifacts/remove/remover.js';
import type { CleanName } from '../../../src-main/contract/requests/choices.js';
import type { Volume } from '../../../src-main/imaging/volume.js';

/** An image that an artifact is drawn over. */
export interface Head {
  readonly name: string;
  readonly volume: Volume;
}

export interface Drawn {
  /** What was drawn and how strong it is. */
  readonly drawn: string;
  readonly harmed: Volume;
  readonly truth: Volume;
  /** Pixels of an acquired voxel, where these are not the same. */
  readonly voxel?: number;
  /** What the files tell besides what those of all cases do. */
  readonly about?: Partial<About>;
}

/** Another tool beside ours. */
interface Peer {
  readonly name: string;
  /** null: it cannot be run here. */
  readonly clean: (harmed: Volume) => Volume | null;
}

/** One artifact of the bench: a file for each in this folder, and a line in the list of bench/clean.ts. */
export interface Kind {
  readonly name: CleanName;
  readonly about: About;
  readonly heads: () => Promise<readonly Head[]>;
  readonly cases: (head: Volume) => readonly Drawn[];
  readonly peer?: Peer;
  /** What else is told of a result, by the head of its column. */
  readonly also?: (drawn: Drawn, result: Volume) => Readonly<Record<string, string>>;
  /** Which of the cases the picture shows, from 0. */
  readonly picture: number;
  /** Error of a result; left out: root of the mean squared difference. */
  readonly error?: (result: Volume, truth: Volume) => number;
}
