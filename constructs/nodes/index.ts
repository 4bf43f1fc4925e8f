export { GVISOR_NODE_LABEL, KATA_NODE_LABEL, POOL_TAINT } from './scheduling';
