/** What other packages and Function nodes' tooling may use: the message contract. */
export * from './contract';
