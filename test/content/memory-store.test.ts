import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import { defineContentStoreContract } from './store-contract.ts';

defineContentStoreContract('memory', () => Promise.resolve({ store: new MemoryStore() }));
