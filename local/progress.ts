/** What `onProgress` callbacks of this folder receive: one line of what is going on, for a person who waits. */
export interface Progress {
  /** The part that is at work. */
  readonly step: 'toolchain' | 'control-plane' | 'host-pods' | 'node';
  /** A short sentence: `build kube-apiserver`. */
  readonly message: string;
  /** How much of `total` is done; both are there or neither is. */
  readonly done?: number;
  readonly total?: number;
  /** Since this step began. */
  readonly elapsedSeconds: number;
}

export type OnProgress = (progress: Progress) => void;

/** Binds `onProgress` to one step and its clock. */
export function progressOf(step: Progress['step'], onProgress: OnProgress = () => {}) {
  const start = performance.now();
  return (message: string, count?: { readonly done: number; readonly total: number }): void => {
    onProgress({ step, message, ...count, elapsedSeconds: (performance.now() - start) / 1000 });
  };
}
