/** What `onProgress` callbacks of this folder receive: one line of what is going on, for a person who waits. */
export interface Progress {
  /** The part that is at work. */
  readonly step: 'toolchain' | 'control-plane' | 'host-pods' | 'node';
  /** A short sentence: `build kube-apiserver`. */
  readonly message: string;
  /** How much of `total` is done; both are set or neither is. */
  readonly done?: number;
  readonly total?: number;
  /** Since this step began. */
  readonly elapsedSeconds: number;
}

export type OnProgress = (progress: Progress) => void;

/** What everything in this room that takes long accepts. */
export interface ProgressOptions {
  readonly onProgress?: OnProgress | undefined;
  /** Aborts the work; what it has started is ended too. */
  readonly signal?: AbortSignal | undefined;
}

/** Reports progress of one step. */
export type Report = (
  message: string,
  count?: { readonly done: number; readonly total: number },
) => void;

/** What a part of a step needs to report its progress and to stop early. */
export interface Task {
  readonly report: Report;
  readonly signal?: AbortSignal | undefined;
}

/** Binds `onProgress` to one step and its clock. */
export function progressOf(step: Progress['step'], onProgress: OnProgress = () => {}): Report {
  const start = performance.now();
  return (message, count) => {
    onProgress({ step, message, ...count, elapsedSeconds: (performance.now() - start) / 1000 });
  };
}
