export { readModel, type ReadModel, type ReadNode, type ReadPort } from './model';
