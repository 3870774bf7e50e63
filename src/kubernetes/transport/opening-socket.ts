import type { Socket } from 'node:net';

/**
 * Resolves at the event that makes the socket usable; where it does not come in time the socket is destroyed and the
 * error has the code ETIMEDOUT.
 */
export function opened(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  milliseconds: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(new OpeningTimeout('timed out')), milliseconds);
    const settle = (act: () => void) => {
      clearTimeout(timer);
      socket.off(event, good).off('error', bad).off('close', ended);
      act();
    };
    const good = () => settle(resolve);
    const bad = (error: Error) => settle(() => reject(error));
    const ended = () => settle(() => reject(new Error('closed')));
    // Stays: an error that comes before the socket has its next owner must not end the process.
    socket.on('error', () => undefined);
    socket.once(event, good).once('error', bad).once('close', ended);
  });
}

class OpeningTimeout extends Error {
  readonly code = 'ETIMEDOUT';
}

/** It was not usable within the time that `opened` was given. */
export function isTimeout(error: unknown): boolean {
  return error instanceof OpeningTimeout;
}
