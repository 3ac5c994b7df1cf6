/**
 * A host at which nothing listens. The system never hands this port out, as it might do with a port that a test has
 * just released.
 */
export const deadHost = '127.0.0.1:1';
