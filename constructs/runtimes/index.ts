/** What other folders use of the RuntimeClasses. */
export { resolveRuntimeNodes, type RuntimeNodes } from './defaults';
export { RuntimeClasses, runtimeClassesOf } from './runtime-classes';
export { runtimesSchema } from './schema';
