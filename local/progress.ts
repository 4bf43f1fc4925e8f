/** The argument of `onProgress` callbacks of this folder: one line about the current work, for a waiting user. */
export interface Progress {
  /** The part that reports. */
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

/** The common options of all long operations in this folder. */
export interface ProgressOptions {
  readonly onProgress?: OnProgress | undefined;
  /** Aborts the work and ends what it has started. */
  readonly signal?: AbortSignal | undefined;
}

/** Reports progress of one step. */
export type Report = (
  message: string,
  count?: { readonly done: number; readonly total: number },
) => void;

/** What a part of a step needs to report progress and to stop early. */
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
