/** What a stage node is made of: see stage-node.ts. */
import type { Node, NodeAPI, NodeDef, NodeMessage, NodeMessageInFlow } from 'node-red';
import type { ParameterSource } from '../../src/contract';
import type { FileTaker } from './files';
import type { Delivery } from './job';
import type { StatusReporter } from './status';
import type { NodeStudio } from './studios';
import type { TextValues } from './texts';
import type { StageInput, StageName, StageOutput, StageParameters } from '../../src/stages';

export interface StageNodeConfig extends NodeDef {
  /** Id of the studio config node; empty: the shared studio. */
  studio?: string;
  /** The settings, by the names in src/stages/parameters/tables.ts. */
  [setting: string]: unknown;
}

/** What a node knows before the first message comes. */
export interface NodeContext {
  RED: NodeAPI;
  node: Node;
  config: StageNodeConfig;
  status: StatusReporter;
  /** The node's studio. @throws E_INPUT when it names one that is not there */
  studio(): NodeStudio;
  /** Starts a job that is made up of these messages; for nodes that gather them. */
  start(deliveries: Delivery[]): void;
}

/** One job as the node's own functions see it. */
export interface StageRequest<S extends StageName> {
  /** The message that the result is based on. It is never changed. */
  msg: NodeMessageInFlow;
  /** All messages that make up the job. */
  messages: NodeMessageInFlow[];
  parameters: StageParameters<S>;
  files: FileTaker;
  studio: NodeStudio;
}

/** The text of a status, and a name that follows it, the same in every language. */
export interface Summary {
  key: string;
  values?: TextValues;
  note?: string;
}

/** What is special about one kind of node. */
export interface StageNodeParts<S extends StageName> {
  /** Further sources of parameters, between the message's own properties and the settings. */
  sources?(msg: NodeMessage): ParameterSource[];
  /** Turns the message into what the stage takes. @throws LipwireError */
  input(request: StageRequest<S>): Promise<StageInput<S>> | StageInput<S>;
  /** The messages to send: shallow copies of the old one with the result in them. */
  output(
    result: StageOutput<S>,
    request: StageRequest<S>,
    input: StageInput<S>,
  ): NodeMessage | NodeMessage[] | Promise<NodeMessage>;
  /** What the status says at the end. */
  summary?(result: StageOutput<S>, request: StageRequest<S>): Summary;
  /** Gathers messages until they make up a job; without it every message is one. @throws LipwireError */
  gather?(delivery: Delivery): Promise<void> | void;
  /** Gives up what is gathered, except for that sequence; the messages are then ended by the caller. */
  release?(except?: string): Delivery[][];
  /** Told of `msg.reset`, beside what is cancelled anyway. */
  reset?(): void;
  /** Ends what outlives jobs, such as published streams. */
  close?(): void;
}
