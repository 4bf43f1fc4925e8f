/** Random policies and pods over one small vocabulary, so that rules match often and for many reasons. */
export { containers, mirrorPods, pods } from './pods';
export { policies } from './policies';
export { CONTEXT, RUNTIMES, SANDBOX_ANNOTATIONS } from './vocabulary';
