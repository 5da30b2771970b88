// A thread of `systole eval`: like systole.js, it lets the sources run as they are.
import { register } from 'tsx/esm/api';

register();
const { default: answer } = await import('../src/cli/evaluation-worker.ts');
export default answer;
