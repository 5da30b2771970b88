/** The port list of a module. */
import type { Module, Port, Stream } from '../ir/index.ts';
import type { DomainPorts } from './domains.ts';
import type { PortDeclaration } from './syntax.ts';

/** Clocks and resets. */
export function implicitDeclarations(domains: readonly DomainPorts[]): PortDeclaration[] {
  const input = (name: string): PortDeclaration => ({
    name,
    direction: 'input',
    type: 'wire',
    width: 1,
    group: '',
    comment: '',
  });
  return domains.flatMap(({ domain, clock, reset }) => [
    ...(clock ? [input(domain.clock)] : []),
    ...(reset ? [input(domain.reset)] : []),
  ]);
}

/**
 * The ports that the author declared. Those of a stream, and neighbours that share their words, stand under one heading; a port says
 * no more than what the heading does not.
 */
export function declaredPorts(
  module: Module,
  /** Whether a process assigns the port itself. */
  isVariable: (port: Port) => boolean,
): PortDeclaration[] {
  const groups = portGroups(module);
  return module.ports.map((port, index) => {
    const { name: group, heading, doc } = groups[index]!;
    const sign = port.signed && port.width > 1 ? 'signed' : '';
    return {
      name: port.name,
      direction: port.direction,
      type: isVariable(port) ? 'reg' : 'wire',
      width: port.width,
      group,
      ...(heading === undefined ? {} : { heading }),
      ...(port.location === undefined ? {} : { location: port.location }),
      comment: [sign, port.doc === doc ? '' : firstLine(port.doc)].filter(Boolean).join('; '),
    };
  });
}

/** The ports with the attributes that the module has for them. */
export const withAttributes = (
  { attributes = {} }: Module,
  ports: readonly PortDeclaration[],
): PortDeclaration[] =>
  ports.map((port) => {
    const own = attributes[port.name];
    return own === undefined ? port : { ...port, attributes: own };
  });

interface PortGroup {
  readonly name: string;
  /** Above its first port. */
  readonly heading?: string;
  /** What the heading says for all of its ports. */
  readonly doc: string;
}

function portGroups(module: Module): PortGroup[] {
  let said = '';
  let open: Stream | undefined;
  return module.ports.map((port, index): PortGroup => {
    const stream = module.streams.find((each) => streamPorts(each).includes(port.name));
    const isFirst = stream !== open;
    open = stream;
    if (stream !== undefined) {
      const group = { name: `stream ${stream.name}`, doc: stream.doc };
      if (!isFirst) return group;
      // Streams of one declaration have the words of that declaration, which are said once.
      const words = stream.doc === said ? '' : `: ${firstLine(stream.doc)}`;
      said = stream.doc;
      return { ...group, heading: `${stream.direction} stream ${stream.name}${words}` };
    }
    said = '';
    const isShared = (other: Port | undefined) =>
      other !== undefined && port.doc !== '' && other.doc === port.doc;
    const before = isShared(module.ports[index - 1]);
    if (!before && !isShared(module.ports[index + 1])) return { name: '', doc: '' };
    const group = { name: `doc ${port.doc}`, doc: port.doc };
    return before ? group : { ...group, heading: firstLine(port.doc) };
  });
}

const streamPorts = (stream: Stream): string[] => [
  stream.valid,
  stream.ready,
  ...stream.fields.map((field) => field.port),
  ...(stream.extra === undefined ? [] : [stream.extra]),
];

const firstLine = (text: string): string => text.split('\n')[0]!;
