import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROJECT_FOLDER } from '../../../lab/project-folder.js';

export const LEAST_PRIVILEGE = join(PROJECT_FOLDER, 'test/kernel/support/least-privilege');

/**
 * Words that run a command as the main container: CAP_NET_ADMIN and nothing else; only temporary files are writable.
 */
export const MAIN_CONTAINER = [LEAST_PRIVILEGE, 'net_admin', tmpdir()];
