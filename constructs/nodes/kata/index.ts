export { kataNodesForPolicy } from './for-policy';
export { KataNodes } from './kata-nodes';
export { kataNodesShape } from './schema';
export type { KataNodesSettings } from './settings';
