import { joinPath } from '../../state/paths.js';
import type { Session } from '../../state/session.svelte.js';
import { follow } from '../../ui/follow.js';

/** Where the next job of a form writes: a new folder beside its input, unless a person has chosen another. */
export class SuggestedOutput {
  private suggested = $state('');
  private chosen = $state<string | null>(null);
  /** Empty until one was found. */
  readonly folder: string = $derived(this.chosen ?? this.suggested);

  /** To be made while a form is set up. @param input that it is for; null: none yet @param suffix of the folder's name */
  constructor(session: Session, suffix: string, input: () => string | null) {
    const jobs = $derived(session.queue.state.jobs.length);
    // A job that took the folder makes another one needed.
    $effect(() => {
      void jobs;
      const path = input();
      if (path === null) return;
      return follow(session.outputs.suggest(path, suffix), ({ parent, name }) => {
        this.suggested = joinPath(parent, name);
      });
    });
  }

  choose(folder: string): void {
    this.chosen = folder;
  }

  /** It went to a job: the next one gets another. */
  taken(): void {
    this.chosen = null;
  }
}
