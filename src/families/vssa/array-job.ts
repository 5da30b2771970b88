import { packBeats } from '../../testbench/beats.ts';
import type { Job } from '../../testbench/job.ts';
import { noStalls } from '../../testbench/job.ts';
import type { WordMatrix } from './format/words.ts';
