import { IndexRequest, ProbeRequest, SegmentRequest } from '../contract/requests/encoders.js';
import {
  AnomalyRequest,
  CompressRequest,
  DecompressRequest,
  DenoiseRequest,
  EvaluateRequest,
  GenerateRequest,
  InspectRequest,
  LatentRequest,
  ModelsRequest,
  SimulateRequest,
} from '../contract/requests/requests.js';
import { TrainRequest } from '../contract/requests/training.js';
import { absent, object, variants } from '../contract/schema/schema.js';

/** A training as the window asks for it: where the app keeps what a window shows of it is not the window's to say. */
export const WindowTraining = object({ ...TrainRequest.entries, record: absent });

/** Files of a window's run go to its output folder and to no other place. */
const WindowDenoise = object({ ...DenoiseRequest.entries, noiseMap: absent, fieldMap: absent });

/**
 * What a window may start. The shipped model is trained from the command line only, and the app itself asks about
 * trainings. What a field means beyond its schema (does the path exist, does the model fit) is the job's to say.
 */
export const WindowRequest = variants('type', [
  InspectRequest,
  WindowDenoise,
  EvaluateRequest,
  SimulateRequest,
  WindowTraining,
  AnomalyRequest,
  LatentRequest,
  IndexRequest,
  SegmentRequest,
  ProbeRequest,
  GenerateRequest,
  CompressRequest,
  DecompressRequest,
  ModelsRequest,
]);
