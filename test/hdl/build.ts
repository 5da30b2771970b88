import { defineModule, elaborate } from '../../src/hdl/index.ts';
import type { ModuleBody, PortDeclarations } from '../../src/hdl/index.ts';
import type { Program } from '../../src/ir/index.ts';

/** A module without parameters. */
export const define = <P extends PortDeclarations>(
  name: string,
  ports: P,
  body: ModuleBody<P>['body'],
) => defineModule(name, { doc: name }, () => ({ ports, body }));

/** Builds a module without parameters as the top of a program. */
export const build = <P extends PortDeclarations>(
  ports: P,
  body: ModuleBody<P>['body'],
  name = 'example',
): Program => elaborate(define(name, ports, body), undefined);
