export * from './clip-writer';
