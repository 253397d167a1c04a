/**
 * What a user can set, stage by stage. Nodes, the command line and the stages all read the tables. A
 * message property of the same name wins over the node's setting, which wins over the default.
 */
export * from './read';
export * from './tables';
export * from './types';
