import { fail } from './builder.ts';
import type { Place } from './builder.ts';
import { here } from './location.ts';

const verilog =
  'always and assign automatic begin buf bufif0 bufif1 case casex casez cell cmos config deassign default defparam design disable edge else end endcase endconfig endfunction endgenerate endmodule endprimitive endspecify endtable endtask event for force forever fork function generate genvar highz0 highz1 if ifnone incdir include initial inout input instance integer join large liblist library localparam macromodule medium module nand negedge nmos nor noshowcancelled not notif0 notif1 or output parameter pmos posedge primitive pull0 pull1 pulldown pullup pulsestyle_ondetect pulsestyle_onevent rcmos real realtime reg release repeat rnmos rpmos rtran rtranif0 rtranif1 scalared showcancelled signed small specify specparam strong0 strong1 supply0 supply1 table task time tran tranif0 tranif1 tri tri0 tri1 triand trior trireg unsigned use vectored wait wand weak0 weak1 while wire wor xnor xor';
const systemVerilog =
  'alias always_comb always_ff always_latch assert assume before bind bins binsof bit break byte chandle class clocking const constraint context continue cover covergroup coverpoint cross dist do endclass endclocking endgroup endinterface endpackage endprogram endproperty endsequence enum expect export extends extern final first_match foreach forkjoin iff ignore_bins illegal_bins import inside int interface intersect join_any join_none local logic longint matches modport new null package packed priority program property protected pure rand randc randcase randsequence ref return sequence shortint shortreal solve static string struct super tagged this throughout timeprecision timeunit type typedef union unique var virtual void wait_order wildcard with within accept_on checker endchecker eventually global implies let nexttime reject_on restrict s_always s_eventually s_nexttime s_until s_until_with strong sync_accept_on sync_reject_on unique0 until until_with untyped weak implements interconnect nettype soft';
const vhdl =
  'abs access after alias all and architecture array assert attribute begin block body buffer bus case component configuration constant disconnect downto else elsif end entity exit file for function generate generic group guarded if impure in inertial inout is label library linkage literal loop map mod nand new next nor not null of on open or others out package port postponed procedure process protected pure range record register reject rem report return rol ror select severity shared signal sla sll sra srl subtype then to transport type unaffected units until use variable wait when while with xnor xor';

/** Words of C++ and its library that Verilator renames or warns of as names of ports. */
const cpp =
  'and_eq auto bitand bitor bool catch char compl const_cast decltype delete deque double dynamic_cast explicit export false float friend int16_t int32_t int64_t int8_t list long map multimap mutable namespace not_eq nullptr operator or_eq queue reinterpret_cast set short signed sizeof static_cast stack string switch template throw true try typeid typename uint16_t uint32_t uint64_t uint8_t using vector wchar_t xor_eq';

const reserved = new Map<string, string>();
for (const [language, words] of [
  ['C++', cpp],
  ['VHDL', vhdl],
  ['SystemVerilog', systemVerilog],
  ['Verilog', verilog],
] as const) {
  for (const word of words.split(' ')) reserved.set(word, language);
}

/** Inside a module these languages do not see the name. */
const outsideOnly = new Set(['VHDL', 'C++']);

/** Object keys are camelCase, Verilog names snake_case: `rowsInUse` becomes `rows_in_use`. */
export const snakeCase = (key: string): string =>
  key.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();

/** Refuses what Verilog cannot take as a name. */
export function checkName(name: string, location: Place = here()): string {
  if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(name)) fail({ code: 'bad-name', name }, location);
  return name;
}

/** Refuses words of the languages in which the design may be read; VHDL and C++ for the outside only. */
export function checkReserved(name: string, side: 'outside' | 'inside', location: Place): void {
  const language = reserved.get(name.toLowerCase());
  if (language && (side === 'outside' || !outsideOnly.has(language))) {
    fail({ code: 'reserved-name', name, language }, location);
  }
}
