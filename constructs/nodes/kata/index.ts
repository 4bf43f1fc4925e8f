/** What other folders use of the Kata installer. */
export { kataNodesForPolicy } from './policy-defaults';
export { KataNodes } from './kata-nodes';
export { kataNodesShape } from './schema';
export type { KataNodesSettings } from './settings';
