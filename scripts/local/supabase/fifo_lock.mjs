// One holder at a time, in the order of asking. PGlite has one session: requests that
// interleave there would run with each other's role and see each other's rows.

export class FifoLock {
  #tail = Promise.resolve();

  /** Runs `task` alone; gives its result or throws its error. */
  run(task) {
    const result = this.#tail.then(task);
    this.#tail = result.catch(() => {});
    return result;
  }
}

/** For drivers that give each request its own session. */
export class NoLock {
  async run(task) {
    return task();
  }
}
