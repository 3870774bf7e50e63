import { describe, expect, it } from 'vitest';
import { tryCommand } from '../lab/command.js';
import { PROJECT_FOLDER } from '../lab/project-folder.js';

describe('what V8 is told', () => {
  it('are flags that it knows, from the start on and once the first pass is over', async () => {
    const program = `import('${PROJECT_FOLDER}/dist/src/engine.js').then(({ saveMemory }) => saveMemory())`;
    // V8 writes an error for each flag that it does not know.
    expect(await tryCommand([process.execPath, '--eval', program])).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });
});
