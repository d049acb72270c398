/** All that was started, ended in reverse, once, and also when the wish to end comes while something is still starting. */

export interface Belongings {
  /** Keeps what has been started. @throws when all was ended meanwhile, and then ends this one too */
  own(end: () => Promise<unknown>): Promise<void>;
  /** Ends everything; what fails to end does not keep the others from it. */
  end(): Promise<void>;
}

/** @param complain told what could not be ended */
export function createBelongings(complain: (text: string) => void): Belongings {
  const ends: (() => Promise<unknown>)[] = [];
  let ending: Promise<void> | null = null;

  async function endOne(end: () => Promise<unknown>): Promise<void> {
    try {
      await end();
    } catch (error) {
      complain(`could not be ended: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  return {
    async own(end) {
      if (ending === null) {
        ends.push(end);
        return;
      }
      await endOne(end);
      throw new Error('ended while starting');
    },
    end() {
      ending ??= (async () => {
        for (const end of ends.reverse()) await endOne(end);
      })();
      return ending;
    },
  };
}
