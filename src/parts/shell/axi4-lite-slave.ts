import { axi4LiteSignals } from '../../ir/index.ts';
import {
  bit,
  bundle,
  constant,
  defineModule,
  fires,
  flip,
  input,
  mux,
  output,
  reg,
  stream,
  uint,
  when,
} from '../../hdl/index.ts';
import type {
  Bit,
  BundleType,
  FlippedType,
  PortDeclaration,
  StreamType,
  UInt,
  UIntType,
} from '../../hdl/index.ts';
import { part, refuse } from '../part.ts';
import type { Part } from '../part.ts';

/** The ports of an AXI4-Lite slave with 32 bits of data, as its inside sees them. */
export type Axi4LitePorts = BundleType<{
  readonly awaddr: UIntType;
  readonly awprot: UIntType<3>;
  readonly awvalid: UIntType<1>;
  readonly awready: FlippedType<UIntType<1>>;
  readonly wdata: UIntType<32>;
  readonly wstrb: UIntType<4>;
  readonly wvalid: UIntType<1>;
  readonly wready: FlippedType<UIntType<1>>;
  readonly bresp: FlippedType<UIntType<2>>;
  readonly bvalid: FlippedType<UIntType<1>>;
  readonly bready: UIntType<1>;
  readonly araddr: UIntType;
  readonly arprot: UIntType<3>;
  readonly arvalid: UIntType<1>;
  readonly arready: FlippedType<UIntType<1>>;
  readonly rdata: FlippedType<UIntType<32>>;
  readonly rresp: FlippedType<UIntType<2>>;
  readonly rvalid: FlippedType<UIntType<1>>;
  readonly rready: UIntType<1>;
}>;

/** Type of the ports of an AXI4-Lite slave. */
export const axi4LitePorts = (addressBits: number): Axi4LitePorts =>
  bundle(
    Object.fromEntries(
      axi4LiteSignals(addressBits).map(({ name, direction, width }) => [
        name,
        direction === 'input' ? uint(width) : flip(uint(width)),
      ]),
    ),
  ) as unknown as Axi4LitePorts;

/** Answers of AXI4-Lite. */
export const okay = 0;
export const slaveError = 2;

const answer = (refused: Bit): UInt<2> =>
  mux(refused, constant(uint(2), slaveError), constant(uint(2), okay));

export interface Axi4LiteSlaveParameters {
  /** Bits of an address in bytes, 3 or more. */
  readonly addressBits: number;
}

type WordWrite = {
  readonly address: UIntType;
  readonly data: UIntType<32>;
  readonly strobe: UIntType<4>;
};

type Ports = {
  readonly sAxi: PortDeclaration<Axi4LitePorts, 'input'>;
  readonly write: PortDeclaration<StreamType<WordWrite>, 'output'>;
  readonly writeRefused: PortDeclaration<UIntType<1>, 'input'>;
  readonly read: PortDeclaration<
    BundleType<{
      readonly valid: UIntType<1>;
      readonly address: UIntType;
      readonly data: FlippedType<UIntType<32>>;
      readonly refused: FlippedType<UIntType<1>>;
    }>,
    'output'
  >;
};

const doc = `AXI4-Lite slave: turns bus accesses into reads and writes of words

One write and one read at a time, independent of each other. Address and data of a write come in
either order or together; the write is answered when it was taken, with an error where it was
refused. The two lowest bits of an address do not count.`;

const definition = defineModule(
  'axi4_lite_slave',
  {
    doc,
    parameters: { addressBits: 'bits of an address in bytes' },
    named: ({ addressBits }: Axi4LiteSlaveParameters) => `axi4_lite_slave_${addressBits}`,
  },
  ({ addressBits }: Axi4LiteSlaveParameters) => {
    const word = uint(addressBits - 2);
    return {
      ports: {
        sAxi: input(axi4LitePorts(addressBits), 'AXI4-Lite, 32 bits of data'),
        write: output(
          stream({ address: word, data: uint(32), strobe: uint(4) }),
          'a word that is written; address counts words',
        ),
        writeRefused: input(bit(), 'the word that is taken is answered with an error'),
        read: output(
          bundle({
            valid: bit(),
            address: word,
            data: flip(uint(32)),
            refused: flip(bit()),
          }),
          'a word that is read, answered in the same cycle',
        ),
      },
      body({ sAxi, write, writeRefused, read }) {
        const heldAddress = reg(word);
        const heldData = reg(uint(32));
        const heldStrobe = reg(uint(4));
        const addressHeld = reg(bit(), { init: 0 });
        const dataHeld = reg(bit(), { init: 0 });
        const answered = reg(bit(), { init: 0 });
        const answeredRefused = reg(bit());

        sAxi.awready.set(addressHeld.or(answered).not());
        sAxi.wready.set(dataHeld.or(answered).not());
        write.valid.set(addressHeld.and(dataHeld));
        write.data.address.set(heldAddress);
        write.data.data.set(heldData);
        write.data.strobe.set(heldStrobe);
        sAxi.bvalid.set(answered);
        sAxi.bresp.set(answer(answeredRefused));
        const written = fires(write);
        when(written, () => {
          addressHeld.set(0);
          dataHeld.set(0);
          answered.set(1);
          answeredRefused.set(writeRefused);
        }).otherwise(() => {
          when(sAxi.awvalid.and(sAxi.awready), () => {
            addressHeld.set(1);
            heldAddress.set(sAxi.awaddr.bits(2, word.width));
          });
          when(sAxi.wvalid.and(sAxi.wready), () => {
            dataHeld.set(1);
            heldData.set(sAxi.wdata);
            heldStrobe.set(sAxi.wstrb);
          });
          when(sAxi.bready, () => answered.set(0));
        });

        const wantedAddress = reg(word);
        const readHeld = reg(bit(), { init: 0 });
        const delivered = reg(bit(), { init: 0 });
        const deliveredData = reg(uint(32));
        const deliveredRefused = reg(bit());

        sAxi.arready.set(readHeld.or(delivered).not());
        read.valid.set(readHeld);
        read.address.set(wantedAddress);
        sAxi.rvalid.set(delivered);
        sAxi.rdata.set(deliveredData);
        sAxi.rresp.set(answer(deliveredRefused));
        when(readHeld, () => {
          readHeld.set(0);
          delivered.set(1);
          deliveredData.set(read.data);
          deliveredRefused.set(read.refused);
        }).otherwise(() => {
          when(sAxi.arvalid.and(sAxi.arready), () => {
            readHeld.set(1);
            wantedAddress.set(sAxi.araddr.bits(2, word.width));
          });
          when(sAxi.rready, () => delivered.set(0));
        });
        return {
          ...{ heldAddress, heldData, heldStrobe, addressHeld, dataHeld },
          ...{ answered, answeredRefused, written },
          ...{ wantedAddress, readHeld, delivered, deliveredData, deliveredRefused },
        };
      },
    };
  },
);

/**
 * AXI4-Lite slave: `sAxi`, and words behind it: `write` with `writeRefused`, `read`.
 *
 * After the handshakes of address and data a write is offered in the next cycle; its answer comes in
 * the cycle after it was taken. A read is offered in the cycle after its address came and answered in
 * the one after that. All outputs to the bus come from registers. Signals as in ARM IHI 0022.
 */
export function axi4LiteSlave(
  parameters: Axi4LiteSlaveParameters,
): Part<Axi4LiteSlaveParameters, Ports> {
  const { addressBits } = parameters;
  if (!(Number.isInteger(addressBits) && addressBits >= 3 && addressBits <= 32)) {
    refuse(axi4LiteSlave, `an AXI4-Lite address has 3 to 32 bits, not ${addressBits}`);
  }
  return part(definition, parameters);
}
