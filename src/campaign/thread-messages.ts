import type { Fault, TroupeErrorCode } from "../core/errors.ts";
import type { Breaks } from "../run/execute.ts";
import type { Survivor } from "../scenario/survivor.ts";
import type { HopMutants, MutantChoice } from "./mutants.ts";
import type { PlayOptions } from "./play-run.ts";
import type { Snapshot } from "./snapshots.ts";

/** A scenario as a thread has loaded it: what names it, without the scenario itself. */
export interface ScenarioName {
  readonly scenario: string;
  /** As the user named it. */
  readonly file: string;
  /** What names it alone on a command line. */
  readonly path: string;
  readonly snapshots: readonly Snapshot[];
  readonly survivors: readonly Survivor[];
}

/** What of a run that passed crosses between threads; a run that did not pass crosses whole. */
export interface Detail {
  /** Whether digests are computed, which costs as much as the judging; they are "" otherwise. */
  readonly hasDigests: boolean;
  /** Whether trees and messages cross, which costs more than the run; they are empty otherwise. */
  readonly hasTrees: boolean;
  /** Whether the spans of each run cross too, to be sent elsewhere. */
  readonly hasExports?: boolean;
  /** Which mutants of each run are listed; none where it is left out. */
  readonly mutants?: MutantChoice;
}

/** Spans of a run as one export request. */
export interface RunExport {
  /** An OTLP/JSON document. */
  readonly json: string;
  readonly spans: number;
}

/** What a thread of a suite is given when it starts. */
export interface ThreadSettings {
  readonly paths: readonly string[];
  /** What takes the place of the scenarios' own agents. */
  readonly agents: readonly string[];
  readonly play: PlayOptions;
  readonly detail: Detail;
  /** Whether a snapshot that is missing is no fault of its scenario. */
  readonly mayMissSnapshots: boolean;
}

/** What every thread is given. */
export interface ThreadData {
  readonly settings: unknown;
  /** One Int32 that the thread's event loop counts up: its sign of life. */
  readonly beats: SharedArrayBuffer;
  readonly beatMs: number;
}

/** What a thread played. */
export interface PlayedOrder<Result> {
  readonly result: Result;
  /** Faults of definitions that only running them could show. */
  readonly faults: readonly Fault[];
  readonly exports: readonly RunExport[];
  /** For whoever breaks runs on purpose; absent where the thread was lost with the run. */
  readonly breakage?: Breakage;
}

/** What is told of a run besides its result, for whoever breaks it on purpose. */
export interface Breakage {
  /** What could be made to go wrong in it, where that is asked for. */
  readonly mutants: readonly HopMutants[];
  /** How often what was put into it took effect. */
  readonly hits: number;
}

/** One run that a thread is asked for: the place of its scenario among those loaded, and its place in the suite. */
export interface RunOrder {
  readonly index: number;
  readonly scenario: number;
  readonly seed: number;
  /** What is put into it, besides what the scenario states: it is broken on purpose, and crosses without its trees. */
  readonly breaks?: Breaks;
}

export type ToThread = { readonly kind: "play"; readonly runs: readonly RunOrder[] } | { readonly kind: "stop" };

export type FromThread<Result> =
  /** A file is about to load. */
  | { readonly kind: "loading"; readonly file: string }
  | { readonly kind: "loaded"; readonly version: string; readonly scenarios: readonly ScenarioName[] }
  | { readonly kind: "refused"; readonly code: TroupeErrorCode; readonly faults: readonly Fault[] }
  /** What code under test printed, in order with the runs. */
  | { readonly kind: "output"; readonly text: string }
  | ({ readonly kind: "played"; readonly index: number } & PlayedOrder<Result>);
