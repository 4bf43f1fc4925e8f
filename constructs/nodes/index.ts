/** What other folders use of the node installers. */
export { GvisorNodes } from './gvisor/gvisor-nodes';
export { gvisorNodesSchema, type GvisorNodesSettings } from './gvisor/schema';
export { KataNodes, kataNodesForPolicy, kataNodesShape, type KataNodesSettings } from './kata';
export { GVISOR_NODE_LABEL, KATA_NODE_LABEL, poolToleration } from './scheduling';
