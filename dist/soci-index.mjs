#!/usr/bin/env node
import { createRequire as createRequireOfBundle } from 'node:module';
const require = createRequireOfBundle(import.meta.url);
var __create = Object.create;
var __defProp = Object.defineProperty;
var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __getProtoOf = Object.getPrototypeOf;
var __hasOwnProp = Object.prototype.hasOwnProperty;
var __require = /* @__PURE__ */ ((x) => typeof require !== "undefined" ? require : typeof Proxy !== "undefined" ? new Proxy(x, {
  get: (a, b) => (typeof require !== "undefined" ? require : a)[b]
}) : x)(function(x) {
  if (typeof require !== "undefined") return require.apply(this, arguments);
  throw Error('Dynamic require of "' + x + '" is not supported');
});
var __commonJS = (cb, mod) => function __require2() {
  try {
    return mod || (0, cb[__getOwnPropNames(cb)[0]])((mod = { exports: {} }).exports, mod), mod.exports;
  } catch (e) {
    throw mod = 0, e;
  }
};
var __copyProps = (to, from, except, desc) => {
  if (from && typeof from === "object" || typeof from === "function") {
    for (let key of __getOwnPropNames(from))
      if (!__hasOwnProp.call(to, key) && key !== except)
        __defProp(to, key, { get: () => from[key], enumerable: !(desc = __getOwnPropDesc(from, key)) || desc.enumerable });
  }
  return to;
};
var __toESM = (mod, isNodeMode, target) => (target = mod != null ? __create(__getProtoOf(mod)) : {}, __copyProps(
  // If the importer is in node compatibility mode or this is not an ESM
  // file that has been converted to a CommonJS file using a Babel-
  // compatible transform (i.e. "__esModule" has not been set), then set
  // "default" to the CommonJS "module.exports" for node compatibility.
  isNodeMode || !mod || !mod.__esModule ? __defProp(target, "default", { value: mod, enumerable: true }) : target,
  mod
));
var __toBinaryNode = Uint8Array.fromBase64 || ((base64) => new Uint8Array(Buffer.from(base64, "base64")));

// node_modules/commander/lib/error.js
var require_error = __commonJS({
  "node_modules/commander/lib/error.js"(exports) {
    var CommanderError2 = class extends Error {
      /**
       * Constructs the CommanderError class
       * @param {number} exitCode suggested exit code which could be used with process.exit
       * @param {string} code an id string representing the error
       * @param {string} message human-readable description of the error
       */
      constructor(exitCode, code2, message) {
        super(message);
        Error.captureStackTrace(this, this.constructor);
        this.name = this.constructor.name;
        this.code = code2;
        this.exitCode = exitCode;
        this.nestedError = void 0;
      }
    };
    var InvalidArgumentError2 = class extends CommanderError2 {
      /**
       * Constructs the InvalidArgumentError class
       * @param {string} [message] explanation of why argument is invalid
       */
      constructor(message) {
        super(1, "commander.invalidArgument", message);
        Error.captureStackTrace(this, this.constructor);
        this.name = this.constructor.name;
      }
    };
    exports.CommanderError = CommanderError2;
    exports.InvalidArgumentError = InvalidArgumentError2;
  }
});

// node_modules/commander/lib/argument.js
var require_argument = __commonJS({
  "node_modules/commander/lib/argument.js"(exports) {
    var { InvalidArgumentError: InvalidArgumentError2 } = require_error();
    var Argument2 = class {
      /**
       * Initialize a new command argument with the given name and description.
       * The default is that the argument is required, and you can explicitly
       * indicate this with <> around the name. Put [] around the name for an optional argument.
       *
       * @param {string} name
       * @param {string} [description]
       */
      constructor(name, description) {
        this.description = description || "";
        this.variadic = false;
        this.parseArg = void 0;
        this.defaultValue = void 0;
        this.defaultValueDescription = void 0;
        this.argChoices = void 0;
        switch (name[0]) {
          case "<":
            this.required = true;
            this._name = name.slice(1, -1);
            break;
          case "[":
            this.required = false;
            this._name = name.slice(1, -1);
            break;
          default:
            this.required = true;
            this._name = name;
            break;
        }
        if (this._name.endsWith("...")) {
          this.variadic = true;
          this._name = this._name.slice(0, -3);
        }
      }
      /**
       * Return argument name.
       *
       * @return {string}
       */
      name() {
        return this._name;
      }
      /**
       * @package
       */
      _collectValue(value, previous) {
        if (previous === this.defaultValue || !Array.isArray(previous)) {
          return [value];
        }
        previous.push(value);
        return previous;
      }
      /**
       * Set the default value, and optionally supply the description to be displayed in the help.
       *
       * @param {*} value
       * @param {string} [description]
       * @return {Argument}
       */
      default(value, description) {
        this.defaultValue = value;
        this.defaultValueDescription = description;
        return this;
      }
      /**
       * Set the custom handler for processing CLI command arguments into argument values.
       *
       * @param {Function} [fn]
       * @return {Argument}
       */
      argParser(fn) {
        this.parseArg = fn;
        return this;
      }
      /**
       * Only allow argument value to be one of choices.
       *
       * @param {string[]} values
       * @return {Argument}
       */
      choices(values) {
        this.argChoices = values.slice();
        this.parseArg = (arg, previous) => {
          if (!this.argChoices.includes(arg)) {
            throw new InvalidArgumentError2(
              `Allowed choices are ${this.argChoices.join(", ")}.`
            );
          }
          if (this.variadic) {
            return this._collectValue(arg, previous);
          }
          return arg;
        };
        return this;
      }
      /**
       * Make argument required.
       *
       * @returns {Argument}
       */
      argRequired() {
        this.required = true;
        return this;
      }
      /**
       * Make argument optional.
       *
       * @returns {Argument}
       */
      argOptional() {
        this.required = false;
        return this;
      }
    };
    function humanReadableArgName(arg) {
      const nameOutput = arg.name() + (arg.variadic === true ? "..." : "");
      return arg.required ? "<" + nameOutput + ">" : "[" + nameOutput + "]";
    }
    exports.Argument = Argument2;
    exports.humanReadableArgName = humanReadableArgName;
  }
});

// node_modules/commander/lib/help.js
var require_help = __commonJS({
  "node_modules/commander/lib/help.js"(exports) {
    var { humanReadableArgName } = require_argument();
    var Help2 = class {
      constructor() {
        this.helpWidth = void 0;
        this.minWidthToWrap = 40;
        this.sortSubcommands = false;
        this.sortOptions = false;
        this.showGlobalOptions = false;
      }
      /**
       * prepareContext is called by Commander after applying overrides from `Command.configureHelp()`
       * and just before calling `formatHelp()`.
       *
       * Commander just uses the helpWidth and the rest is provided for optional use by more complex subclasses.
       *
       * @param {{ error?: boolean, helpWidth?: number, outputHasColors?: boolean }} contextOptions
       */
      prepareContext(contextOptions) {
        this.helpWidth = this.helpWidth ?? contextOptions.helpWidth ?? 80;
      }
      /**
       * Get an array of the visible subcommands. Includes a placeholder for the implicit help command, if there is one.
       *
       * @param {Command} cmd
       * @returns {Command[]}
       */
      visibleCommands(cmd) {
        const visibleCommands = cmd.commands.filter((cmd2) => !cmd2._hidden);
        const helpCommand = cmd._getHelpCommand();
        if (helpCommand && !helpCommand._hidden) {
          visibleCommands.push(helpCommand);
        }
        if (this.sortSubcommands) {
          visibleCommands.sort((a, b) => {
            return a.name().localeCompare(b.name());
          });
        }
        return visibleCommands;
      }
      /**
       * Compare options for sort.
       *
       * @param {Option} a
       * @param {Option} b
       * @returns {number}
       */
      compareOptions(a, b) {
        const getSortKey = (option) => {
          return option.short ? option.short.replace(/^-/, "") : option.long.replace(/^--/, "");
        };
        return getSortKey(a).localeCompare(getSortKey(b));
      }
      /**
       * Get an array of the visible options. Includes a placeholder for the implicit help option, if there is one.
       *
       * @param {Command} cmd
       * @returns {Option[]}
       */
      visibleOptions(cmd) {
        const visibleOptions = cmd.options.filter((option) => !option.hidden);
        const helpOption = cmd._getHelpOption();
        if (helpOption && !helpOption.hidden) {
          const removeShort = helpOption.short && cmd._findOption(helpOption.short);
          const removeLong = helpOption.long && cmd._findOption(helpOption.long);
          if (!removeShort && !removeLong) {
            visibleOptions.push(helpOption);
          } else if (helpOption.long && !removeLong) {
            visibleOptions.push(
              cmd.createOption(helpOption.long, helpOption.description)
            );
          } else if (helpOption.short && !removeShort) {
            visibleOptions.push(
              cmd.createOption(helpOption.short, helpOption.description)
            );
          }
        }
        if (this.sortOptions) {
          visibleOptions.sort(this.compareOptions);
        }
        return visibleOptions;
      }
      /**
       * Get an array of the visible global options. (Not including help.)
       *
       * @param {Command} cmd
       * @returns {Option[]}
       */
      visibleGlobalOptions(cmd) {
        if (!this.showGlobalOptions) return [];
        const globalOptions = [];
        for (let ancestorCmd = cmd.parent; ancestorCmd; ancestorCmd = ancestorCmd.parent) {
          const visibleOptions = ancestorCmd.options.filter(
            (option) => !option.hidden
          );
          globalOptions.push(...visibleOptions);
        }
        if (this.sortOptions) {
          globalOptions.sort(this.compareOptions);
        }
        return globalOptions;
      }
      /**
       * Get an array of the arguments if any have a description.
       *
       * @param {Command} cmd
       * @returns {Argument[]}
       */
      visibleArguments(cmd) {
        if (cmd._argsDescription) {
          cmd.registeredArguments.forEach((argument) => {
            argument.description = argument.description || cmd._argsDescription[argument.name()] || "";
          });
        }
        if (cmd.registeredArguments.find((argument) => argument.description)) {
          return cmd.registeredArguments;
        }
        return [];
      }
      /**
       * Get the command term to show in the list of subcommands.
       *
       * @param {Command} cmd
       * @returns {string}
       */
      subcommandTerm(cmd) {
        const args = cmd.registeredArguments.map((arg) => humanReadableArgName(arg)).join(" ");
        return cmd._name + (cmd._aliases[0] ? "|" + cmd._aliases[0] : "") + (cmd.options.length ? " [options]" : "") + // simplistic check for non-help option
        (args ? " " + args : "");
      }
      /**
       * Get the option term to show in the list of options.
       *
       * @param {Option} option
       * @returns {string}
       */
      optionTerm(option) {
        return option.flags;
      }
      /**
       * Get the argument term to show in the list of arguments.
       *
       * @param {Argument} argument
       * @returns {string}
       */
      argumentTerm(argument) {
        return argument.name();
      }
      /**
       * Get the longest command term length.
       *
       * @param {Command} cmd
       * @param {Help} helper
       * @returns {number}
       */
      longestSubcommandTermLength(cmd, helper) {
        return helper.visibleCommands(cmd).reduce((max, command) => {
          return Math.max(
            max,
            this.displayWidth(
              helper.styleSubcommandTerm(helper.subcommandTerm(command))
            )
          );
        }, 0);
      }
      /**
       * Get the longest option term length.
       *
       * @param {Command} cmd
       * @param {Help} helper
       * @returns {number}
       */
      longestOptionTermLength(cmd, helper) {
        return helper.visibleOptions(cmd).reduce((max, option) => {
          return Math.max(
            max,
            this.displayWidth(helper.styleOptionTerm(helper.optionTerm(option)))
          );
        }, 0);
      }
      /**
       * Get the longest global option term length.
       *
       * @param {Command} cmd
       * @param {Help} helper
       * @returns {number}
       */
      longestGlobalOptionTermLength(cmd, helper) {
        return helper.visibleGlobalOptions(cmd).reduce((max, option) => {
          return Math.max(
            max,
            this.displayWidth(helper.styleOptionTerm(helper.optionTerm(option)))
          );
        }, 0);
      }
      /**
       * Get the longest argument term length.
       *
       * @param {Command} cmd
       * @param {Help} helper
       * @returns {number}
       */
      longestArgumentTermLength(cmd, helper) {
        return helper.visibleArguments(cmd).reduce((max, argument) => {
          return Math.max(
            max,
            this.displayWidth(
              helper.styleArgumentTerm(helper.argumentTerm(argument))
            )
          );
        }, 0);
      }
      /**
       * Get the command usage to be displayed at the top of the built-in help.
       *
       * @param {Command} cmd
       * @returns {string}
       */
      commandUsage(cmd) {
        let cmdName = cmd._name;
        if (cmd._aliases[0]) {
          cmdName = cmdName + "|" + cmd._aliases[0];
        }
        let ancestorCmdNames = "";
        for (let ancestorCmd = cmd.parent; ancestorCmd; ancestorCmd = ancestorCmd.parent) {
          ancestorCmdNames = ancestorCmd.name() + " " + ancestorCmdNames;
        }
        return ancestorCmdNames + cmdName + " " + cmd.usage();
      }
      /**
       * Get the description for the command.
       *
       * @param {Command} cmd
       * @returns {string}
       */
      commandDescription(cmd) {
        return cmd.description();
      }
      /**
       * Get the subcommand summary to show in the list of subcommands.
       * (Fallback to description for backwards compatibility.)
       *
       * @param {Command} cmd
       * @returns {string}
       */
      subcommandDescription(cmd) {
        return cmd.summary() || cmd.description();
      }
      /**
       * Get the option description to show in the list of options.
       *
       * @param {Option} option
       * @return {string}
       */
      optionDescription(option) {
        const extraInfo = [];
        if (option.argChoices) {
          extraInfo.push(
            // use stringify to match the display of the default value
            `choices: ${option.argChoices.map((choice) => JSON.stringify(choice)).join(", ")}`
          );
        }
        if (option.defaultValue !== void 0) {
          const showDefault = option.required || option.optional || option.isBoolean() && typeof option.defaultValue === "boolean";
          if (showDefault) {
            extraInfo.push(
              `default: ${option.defaultValueDescription || JSON.stringify(option.defaultValue)}`
            );
          }
        }
        if (option.presetArg !== void 0 && option.optional) {
          extraInfo.push(`preset: ${JSON.stringify(option.presetArg)}`);
        }
        if (option.envVar !== void 0) {
          extraInfo.push(`env: ${option.envVar}`);
        }
        if (extraInfo.length > 0) {
          const extraDescription = `(${extraInfo.join(", ")})`;
          if (option.description) {
            return `${option.description} ${extraDescription}`;
          }
          return extraDescription;
        }
        return option.description;
      }
      /**
       * Get the argument description to show in the list of arguments.
       *
       * @param {Argument} argument
       * @return {string}
       */
      argumentDescription(argument) {
        const extraInfo = [];
        if (argument.argChoices) {
          extraInfo.push(
            // use stringify to match the display of the default value
            `choices: ${argument.argChoices.map((choice) => JSON.stringify(choice)).join(", ")}`
          );
        }
        if (argument.defaultValue !== void 0) {
          extraInfo.push(
            `default: ${argument.defaultValueDescription || JSON.stringify(argument.defaultValue)}`
          );
        }
        if (extraInfo.length > 0) {
          const extraDescription = `(${extraInfo.join(", ")})`;
          if (argument.description) {
            return `${argument.description} ${extraDescription}`;
          }
          return extraDescription;
        }
        return argument.description;
      }
      /**
       * Format a list of items, given a heading and an array of formatted items.
       *
       * @param {string} heading
       * @param {string[]} items
       * @param {Help} helper
       * @returns string[]
       */
      formatItemList(heading, items, helper) {
        if (items.length === 0) return [];
        return [helper.styleTitle(heading), ...items, ""];
      }
      /**
       * Group items by their help group heading.
       *
       * @param {Command[] | Option[]} unsortedItems
       * @param {Command[] | Option[]} visibleItems
       * @param {Function} getGroup
       * @returns {Map<string, Command[] | Option[]>}
       */
      groupItems(unsortedItems, visibleItems, getGroup) {
        const result = /* @__PURE__ */ new Map();
        unsortedItems.forEach((item) => {
          const group = getGroup(item);
          if (!result.has(group)) result.set(group, []);
        });
        visibleItems.forEach((item) => {
          const group = getGroup(item);
          if (!result.has(group)) {
            result.set(group, []);
          }
          result.get(group).push(item);
        });
        return result;
      }
      /**
       * Generate the built-in help text.
       *
       * @param {Command} cmd
       * @param {Help} helper
       * @returns {string}
       */
      formatHelp(cmd, helper) {
        const termWidth = helper.padWidth(cmd, helper);
        const helpWidth = helper.helpWidth ?? 80;
        function callFormatItem(term, description) {
          return helper.formatItem(term, termWidth, description, helper);
        }
        let output = [
          `${helper.styleTitle("Usage:")} ${helper.styleUsage(helper.commandUsage(cmd))}`,
          ""
        ];
        const commandDescription = helper.commandDescription(cmd);
        if (commandDescription.length > 0) {
          output = output.concat([
            helper.boxWrap(
              helper.styleCommandDescription(commandDescription),
              helpWidth
            ),
            ""
          ]);
        }
        const argumentList = helper.visibleArguments(cmd).map((argument) => {
          return callFormatItem(
            helper.styleArgumentTerm(helper.argumentTerm(argument)),
            helper.styleArgumentDescription(helper.argumentDescription(argument))
          );
        });
        output = output.concat(
          this.formatItemList("Arguments:", argumentList, helper)
        );
        const optionGroups = this.groupItems(
          cmd.options,
          helper.visibleOptions(cmd),
          (option) => option.helpGroupHeading ?? "Options:"
        );
        optionGroups.forEach((options, group) => {
          const optionList = options.map((option) => {
            return callFormatItem(
              helper.styleOptionTerm(helper.optionTerm(option)),
              helper.styleOptionDescription(helper.optionDescription(option))
            );
          });
          output = output.concat(this.formatItemList(group, optionList, helper));
        });
        if (helper.showGlobalOptions) {
          const globalOptionList = helper.visibleGlobalOptions(cmd).map((option) => {
            return callFormatItem(
              helper.styleOptionTerm(helper.optionTerm(option)),
              helper.styleOptionDescription(helper.optionDescription(option))
            );
          });
          output = output.concat(
            this.formatItemList("Global Options:", globalOptionList, helper)
          );
        }
        const commandGroups = this.groupItems(
          cmd.commands,
          helper.visibleCommands(cmd),
          (sub) => sub.helpGroup() || "Commands:"
        );
        commandGroups.forEach((commands, group) => {
          const commandList = commands.map((sub) => {
            return callFormatItem(
              helper.styleSubcommandTerm(helper.subcommandTerm(sub)),
              helper.styleSubcommandDescription(helper.subcommandDescription(sub))
            );
          });
          output = output.concat(this.formatItemList(group, commandList, helper));
        });
        return output.join("\n");
      }
      /**
       * Return display width of string, ignoring ANSI escape sequences. Used in padding and wrapping calculations.
       *
       * @param {string} str
       * @returns {number}
       */
      displayWidth(str) {
        return stripColor(str).length;
      }
      /**
       * Style the title for displaying in the help. Called with 'Usage:', 'Options:', etc.
       *
       * @param {string} str
       * @returns {string}
       */
      styleTitle(str) {
        return str;
      }
      styleUsage(str) {
        return str.split(" ").map((word) => {
          if (word === "[options]") return this.styleOptionText(word);
          if (word === "[command]") return this.styleSubcommandText(word);
          if (word[0] === "[" || word[0] === "<")
            return this.styleArgumentText(word);
          return this.styleCommandText(word);
        }).join(" ");
      }
      styleCommandDescription(str) {
        return this.styleDescriptionText(str);
      }
      styleOptionDescription(str) {
        return this.styleDescriptionText(str);
      }
      styleSubcommandDescription(str) {
        return this.styleDescriptionText(str);
      }
      styleArgumentDescription(str) {
        return this.styleDescriptionText(str);
      }
      styleDescriptionText(str) {
        return str;
      }
      styleOptionTerm(str) {
        return this.styleOptionText(str);
      }
      styleSubcommandTerm(str) {
        return str.split(" ").map((word) => {
          if (word === "[options]") return this.styleOptionText(word);
          if (word[0] === "[" || word[0] === "<")
            return this.styleArgumentText(word);
          return this.styleSubcommandText(word);
        }).join(" ");
      }
      styleArgumentTerm(str) {
        return this.styleArgumentText(str);
      }
      styleOptionText(str) {
        return str;
      }
      styleArgumentText(str) {
        return str;
      }
      styleSubcommandText(str) {
        return str;
      }
      styleCommandText(str) {
        return str;
      }
      /**
       * Calculate the pad width from the maximum term length.
       *
       * @param {Command} cmd
       * @param {Help} helper
       * @returns {number}
       */
      padWidth(cmd, helper) {
        return Math.max(
          helper.longestOptionTermLength(cmd, helper),
          helper.longestGlobalOptionTermLength(cmd, helper),
          helper.longestSubcommandTermLength(cmd, helper),
          helper.longestArgumentTermLength(cmd, helper)
        );
      }
      /**
       * Detect manually wrapped and indented strings by checking for line break followed by whitespace.
       *
       * @param {string} str
       * @returns {boolean}
       */
      preformatted(str) {
        return /\n[^\S\r\n]/.test(str);
      }
      /**
       * Format the "item", which consists of a term and description. Pad the term and wrap the description, indenting the following lines.
       *
       * So "TTT", 5, "DDD DDDD DD DDD" might be formatted for this.helpWidth=17 like so:
       *   TTT  DDD DDDD
       *        DD DDD
       *
       * @param {string} term
       * @param {number} termWidth
       * @param {string} description
       * @param {Help} helper
       * @returns {string}
       */
      formatItem(term, termWidth, description, helper) {
        const itemIndent = 2;
        const itemIndentStr = " ".repeat(itemIndent);
        if (!description) return itemIndentStr + term;
        const paddedTerm = term.padEnd(
          termWidth + term.length - helper.displayWidth(term)
        );
        const spacerWidth = 2;
        const helpWidth = this.helpWidth ?? 80;
        const remainingWidth = helpWidth - termWidth - spacerWidth - itemIndent;
        let formattedDescription;
        if (remainingWidth < this.minWidthToWrap || helper.preformatted(description)) {
          formattedDescription = description;
        } else {
          const wrappedDescription = helper.boxWrap(description, remainingWidth);
          formattedDescription = wrappedDescription.replace(
            /\n/g,
            "\n" + " ".repeat(termWidth + spacerWidth)
          );
        }
        return itemIndentStr + paddedTerm + " ".repeat(spacerWidth) + formattedDescription.replace(/\n/g, `
${itemIndentStr}`);
      }
      /**
       * Wrap a string at whitespace, preserving existing line breaks.
       * Wrapping is skipped if the width is less than `minWidthToWrap`.
       *
       * @param {string} str
       * @param {number} width
       * @returns {string}
       */
      boxWrap(str, width) {
        if (width < this.minWidthToWrap) return str;
        const rawLines = str.split(/\r\n|\n/);
        const chunkPattern = /[\s]*[^\s]+/g;
        const wrappedLines = [];
        rawLines.forEach((line) => {
          const chunks = line.match(chunkPattern);
          if (chunks === null) {
            wrappedLines.push("");
            return;
          }
          let sumChunks = [chunks.shift()];
          let sumWidth = this.displayWidth(sumChunks[0]);
          chunks.forEach((chunk) => {
            const visibleWidth = this.displayWidth(chunk);
            if (sumWidth + visibleWidth <= width) {
              sumChunks.push(chunk);
              sumWidth += visibleWidth;
              return;
            }
            wrappedLines.push(sumChunks.join(""));
            const nextChunk = chunk.trimStart();
            sumChunks = [nextChunk];
            sumWidth = this.displayWidth(nextChunk);
          });
          wrappedLines.push(sumChunks.join(""));
        });
        return wrappedLines.join("\n");
      }
    };
    function stripColor(str) {
      const sgrPattern = /\x1b\[\d*(;\d*)*m/g;
      return str.replace(sgrPattern, "");
    }
    exports.Help = Help2;
    exports.stripColor = stripColor;
  }
});

// node_modules/commander/lib/option.js
var require_option = __commonJS({
  "node_modules/commander/lib/option.js"(exports) {
    var { InvalidArgumentError: InvalidArgumentError2 } = require_error();
    var Option2 = class {
      /**
       * Initialize a new `Option` with the given `flags` and `description`.
       *
       * @param {string} flags
       * @param {string} [description]
       */
      constructor(flags, description) {
        this.flags = flags;
        this.description = description || "";
        this.required = flags.includes("<");
        this.optional = flags.includes("[");
        this.variadic = /\w\.\.\.[>\]]$/.test(flags);
        this.mandatory = false;
        const optionFlags = splitOptionFlags(flags);
        this.short = optionFlags.shortFlag;
        this.long = optionFlags.longFlag;
        this.negate = false;
        if (this.long) {
          this.negate = this.long.startsWith("--no-");
        }
        this.defaultValue = void 0;
        this.defaultValueDescription = void 0;
        this.presetArg = void 0;
        this.envVar = void 0;
        this.parseArg = void 0;
        this.hidden = false;
        this.argChoices = void 0;
        this.conflictsWith = [];
        this.implied = void 0;
        this.helpGroupHeading = void 0;
      }
      /**
       * Set the default value, and optionally supply the description to be displayed in the help.
       *
       * @param {*} value
       * @param {string} [description]
       * @return {Option}
       */
      default(value, description) {
        this.defaultValue = value;
        this.defaultValueDescription = description;
        return this;
      }
      /**
       * Preset to use when option used without option-argument, especially optional but also boolean and negated.
       * The custom processing (parseArg) is called.
       *
       * @example
       * new Option('--color').default('GREYSCALE').preset('RGB');
       * new Option('--donate [amount]').preset('20').argParser(parseFloat);
       *
       * @param {*} arg
       * @return {Option}
       */
      preset(arg) {
        this.presetArg = arg;
        return this;
      }
      /**
       * Add option name(s) that conflict with this option.
       * An error will be displayed if conflicting options are found during parsing.
       *
       * @example
       * new Option('--rgb').conflicts('cmyk');
       * new Option('--js').conflicts(['ts', 'jsx']);
       *
       * @param {(string | string[])} names
       * @return {Option}
       */
      conflicts(names) {
        this.conflictsWith = this.conflictsWith.concat(names);
        return this;
      }
      /**
       * Specify implied option values for when this option is set and the implied options are not.
       *
       * The custom processing (parseArg) is not called on the implied values.
       *
       * @example
       * program
       *   .addOption(new Option('--log', 'write logging information to file'))
       *   .addOption(new Option('--trace', 'log extra details').implies({ log: 'trace.txt' }));
       *
       * @param {object} impliedOptionValues
       * @return {Option}
       */
      implies(impliedOptionValues) {
        let newImplied = impliedOptionValues;
        if (typeof impliedOptionValues === "string") {
          newImplied = { [impliedOptionValues]: true };
        }
        this.implied = Object.assign(this.implied || {}, newImplied);
        return this;
      }
      /**
       * Set environment variable to check for option value.
       *
       * An environment variable is only used if when processed the current option value is
       * undefined, or the source of the current value is 'default' or 'config' or 'env'.
       *
       * @param {string} name
       * @return {Option}
       */
      env(name) {
        this.envVar = name;
        return this;
      }
      /**
       * Set the custom handler for processing CLI option arguments into option values.
       *
       * @param {Function} [fn]
       * @return {Option}
       */
      argParser(fn) {
        this.parseArg = fn;
        return this;
      }
      /**
       * Whether the option is mandatory and must have a value after parsing.
       *
       * @param {boolean} [mandatory=true]
       * @return {Option}
       */
      makeOptionMandatory(mandatory = true) {
        this.mandatory = !!mandatory;
        return this;
      }
      /**
       * Hide option in help.
       *
       * @param {boolean} [hide=true]
       * @return {Option}
       */
      hideHelp(hide = true) {
        this.hidden = !!hide;
        return this;
      }
      /**
       * @package
       */
      _collectValue(value, previous) {
        if (previous === this.defaultValue || !Array.isArray(previous)) {
          return [value];
        }
        previous.push(value);
        return previous;
      }
      /**
       * Only allow option value to be one of choices.
       *
       * @param {string[]} values
       * @return {Option}
       */
      choices(values) {
        this.argChoices = values.slice();
        this.parseArg = (arg, previous) => {
          if (!this.argChoices.includes(arg)) {
            throw new InvalidArgumentError2(
              `Allowed choices are ${this.argChoices.join(", ")}.`
            );
          }
          if (this.variadic) {
            return this._collectValue(arg, previous);
          }
          return arg;
        };
        return this;
      }
      /**
       * Return option name.
       *
       * @return {string}
       */
      name() {
        if (this.long) {
          return this.long.replace(/^--/, "");
        }
        return this.short.replace(/^-/, "");
      }
      /**
       * Return option name, in a camelcase format that can be used
       * as an object attribute key.
       *
       * @return {string}
       */
      attributeName() {
        if (this.negate) {
          return camelcase(this.name().replace(/^no-/, ""));
        }
        return camelcase(this.name());
      }
      /**
       * Set the help group heading.
       *
       * @param {string} heading
       * @return {Option}
       */
      helpGroup(heading) {
        this.helpGroupHeading = heading;
        return this;
      }
      /**
       * Check if `arg` matches the short or long flag.
       *
       * @param {string} arg
       * @return {boolean}
       * @package
       */
      is(arg) {
        return this.short === arg || this.long === arg;
      }
      /**
       * Return whether a boolean option.
       *
       * Options are one of boolean, negated, required argument, or optional argument.
       *
       * @return {boolean}
       * @package
       */
      isBoolean() {
        return !this.required && !this.optional && !this.negate;
      }
    };
    var DualOptions = class {
      /**
       * @param {Option[]} options
       */
      constructor(options) {
        this.positiveOptions = /* @__PURE__ */ new Map();
        this.negativeOptions = /* @__PURE__ */ new Map();
        this.dualOptions = /* @__PURE__ */ new Set();
        options.forEach((option) => {
          if (option.negate) {
            this.negativeOptions.set(option.attributeName(), option);
          } else {
            this.positiveOptions.set(option.attributeName(), option);
          }
        });
        this.negativeOptions.forEach((value, key) => {
          if (this.positiveOptions.has(key)) {
            this.dualOptions.add(key);
          }
        });
      }
      /**
       * Did the value come from the option, and not from possible matching dual option?
       *
       * @param {*} value
       * @param {Option} option
       * @returns {boolean}
       */
      valueFromOption(value, option) {
        const optionKey = option.attributeName();
        if (!this.dualOptions.has(optionKey)) return true;
        const preset = this.negativeOptions.get(optionKey).presetArg;
        const negativeValue = preset !== void 0 ? preset : false;
        return option.negate === (negativeValue === value);
      }
    };
    function camelcase(str) {
      return str.split("-").reduce((str2, word) => {
        return str2 + word[0].toUpperCase() + word.slice(1);
      });
    }
    function splitOptionFlags(flags) {
      let shortFlag;
      let longFlag;
      const shortFlagExp = /^-[^-]$/;
      const longFlagExp = /^--[^-]/;
      const flagParts = flags.split(/[ |,]+/).concat("guard");
      if (shortFlagExp.test(flagParts[0])) shortFlag = flagParts.shift();
      if (longFlagExp.test(flagParts[0])) longFlag = flagParts.shift();
      if (!shortFlag && shortFlagExp.test(flagParts[0]))
        shortFlag = flagParts.shift();
      if (!shortFlag && longFlagExp.test(flagParts[0])) {
        shortFlag = longFlag;
        longFlag = flagParts.shift();
      }
      if (flagParts[0].startsWith("-")) {
        const unsupportedFlag = flagParts[0];
        const baseError = `option creation failed due to '${unsupportedFlag}' in option flags '${flags}'`;
        if (/^-[^-][^-]/.test(unsupportedFlag))
          throw new Error(
            `${baseError}
- a short flag is a single dash and a single character
  - either use a single dash and a single character (for a short flag)
  - or use a double dash for a long option (and can have two, like '--ws, --workspace')`
          );
        if (shortFlagExp.test(unsupportedFlag))
          throw new Error(`${baseError}
- too many short flags`);
        if (longFlagExp.test(unsupportedFlag))
          throw new Error(`${baseError}
- too many long flags`);
        throw new Error(`${baseError}
- unrecognised flag format`);
      }
      if (shortFlag === void 0 && longFlag === void 0)
        throw new Error(
          `option creation failed due to no flags found in '${flags}'.`
        );
      return { shortFlag, longFlag };
    }
    exports.Option = Option2;
    exports.DualOptions = DualOptions;
  }
});

// node_modules/commander/lib/suggestSimilar.js
var require_suggestSimilar = __commonJS({
  "node_modules/commander/lib/suggestSimilar.js"(exports) {
    var maxDistance = 3;
    function editDistance(a, b) {
      if (Math.abs(a.length - b.length) > maxDistance)
        return Math.max(a.length, b.length);
      const d = [];
      for (let i = 0; i <= a.length; i++) {
        d[i] = [i];
      }
      for (let j = 0; j <= b.length; j++) {
        d[0][j] = j;
      }
      for (let j = 1; j <= b.length; j++) {
        for (let i = 1; i <= a.length; i++) {
          let cost = 1;
          if (a[i - 1] === b[j - 1]) {
            cost = 0;
          } else {
            cost = 1;
          }
          d[i][j] = Math.min(
            d[i - 1][j] + 1,
            // deletion
            d[i][j - 1] + 1,
            // insertion
            d[i - 1][j - 1] + cost
            // substitution
          );
          if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
            d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
          }
        }
      }
      return d[a.length][b.length];
    }
    function suggestSimilar(word, candidates) {
      if (!candidates || candidates.length === 0) return "";
      candidates = Array.from(new Set(candidates));
      const searchingOptions = word.startsWith("--");
      if (searchingOptions) {
        word = word.slice(2);
        candidates = candidates.map((candidate) => candidate.slice(2));
      }
      let similar = [];
      let bestDistance = maxDistance;
      const minSimilarity = 0.4;
      candidates.forEach((candidate) => {
        if (candidate.length <= 1) return;
        const distance = editDistance(word, candidate);
        const length = Math.max(word.length, candidate.length);
        const similarity = (length - distance) / length;
        if (similarity > minSimilarity) {
          if (distance < bestDistance) {
            bestDistance = distance;
            similar = [candidate];
          } else if (distance === bestDistance) {
            similar.push(candidate);
          }
        }
      });
      similar.sort((a, b) => a.localeCompare(b));
      if (searchingOptions) {
        similar = similar.map((candidate) => `--${candidate}`);
      }
      if (similar.length > 1) {
        return `
(Did you mean one of ${similar.join(", ")}?)`;
      }
      if (similar.length === 1) {
        return `
(Did you mean ${similar[0]}?)`;
      }
      return "";
    }
    exports.suggestSimilar = suggestSimilar;
  }
});

// node_modules/commander/lib/command.js
var require_command = __commonJS({
  "node_modules/commander/lib/command.js"(exports) {
    var EventEmitter = __require("node:events").EventEmitter;
    var childProcess = __require("node:child_process");
    var path = __require("node:path");
    var fs = __require("node:fs");
    var process2 = __require("node:process");
    var { Argument: Argument2, humanReadableArgName } = require_argument();
    var { CommanderError: CommanderError2 } = require_error();
    var { Help: Help2, stripColor } = require_help();
    var { Option: Option2, DualOptions } = require_option();
    var { suggestSimilar } = require_suggestSimilar();
    var Command2 = class _Command extends EventEmitter {
      /**
       * Initialize a new `Command`.
       *
       * @param {string} [name]
       */
      constructor(name) {
        super();
        this.commands = [];
        this.options = [];
        this.parent = null;
        this._allowUnknownOption = false;
        this._allowExcessArguments = false;
        this.registeredArguments = [];
        this._args = this.registeredArguments;
        this.args = [];
        this.rawArgs = [];
        this.processedArgs = [];
        this._scriptPath = null;
        this._name = name || "";
        this._optionValues = {};
        this._optionValueSources = {};
        this._storeOptionsAsProperties = false;
        this._actionHandler = null;
        this._executableHandler = false;
        this._executableFile = null;
        this._executableDir = null;
        this._defaultCommandName = null;
        this._exitCallback = null;
        this._aliases = [];
        this._combineFlagAndOptionalValue = true;
        this._description = "";
        this._summary = "";
        this._argsDescription = void 0;
        this._enablePositionalOptions = false;
        this._passThroughOptions = false;
        this._lifeCycleHooks = {};
        this._showHelpAfterError = false;
        this._showSuggestionAfterError = true;
        this._savedState = null;
        this._outputConfiguration = {
          writeOut: (str) => process2.stdout.write(str),
          writeErr: (str) => process2.stderr.write(str),
          outputError: (str, write) => write(str),
          getOutHelpWidth: () => process2.stdout.isTTY ? process2.stdout.columns : void 0,
          getErrHelpWidth: () => process2.stderr.isTTY ? process2.stderr.columns : void 0,
          getOutHasColors: () => useColor() ?? (process2.stdout.isTTY && process2.stdout.hasColors?.()),
          getErrHasColors: () => useColor() ?? (process2.stderr.isTTY && process2.stderr.hasColors?.()),
          stripColor: (str) => stripColor(str)
        };
        this._hidden = false;
        this._helpOption = void 0;
        this._addImplicitHelpCommand = void 0;
        this._helpCommand = void 0;
        this._helpConfiguration = {};
        this._helpGroupHeading = void 0;
        this._defaultCommandGroup = void 0;
        this._defaultOptionGroup = void 0;
      }
      /**
       * Copy settings that are useful to have in common across root command and subcommands.
       *
       * (Used internally when adding a command using `.command()` so subcommands inherit parent settings.)
       *
       * @param {Command} sourceCommand
       * @return {Command} `this` command for chaining
       */
      copyInheritedSettings(sourceCommand) {
        this._outputConfiguration = sourceCommand._outputConfiguration;
        this._helpOption = sourceCommand._helpOption;
        this._helpCommand = sourceCommand._helpCommand;
        this._helpConfiguration = sourceCommand._helpConfiguration;
        this._exitCallback = sourceCommand._exitCallback;
        this._storeOptionsAsProperties = sourceCommand._storeOptionsAsProperties;
        this._combineFlagAndOptionalValue = sourceCommand._combineFlagAndOptionalValue;
        this._allowExcessArguments = sourceCommand._allowExcessArguments;
        this._enablePositionalOptions = sourceCommand._enablePositionalOptions;
        this._showHelpAfterError = sourceCommand._showHelpAfterError;
        this._showSuggestionAfterError = sourceCommand._showSuggestionAfterError;
        return this;
      }
      /**
       * @returns {Command[]}
       * @private
       */
      _getCommandAndAncestors() {
        const result = [];
        for (let command = this; command; command = command.parent) {
          result.push(command);
        }
        return result;
      }
      /**
       * Define a command.
       *
       * There are two styles of command: pay attention to where to put the description.
       *
       * @example
       * // Command implemented using action handler (description is supplied separately to `.command`)
       * program
       *   .command('clone <source> [destination]')
       *   .description('clone a repository into a newly created directory')
       *   .action((source, destination) => {
       *     console.log('clone command called');
       *   });
       *
       * // Command implemented using separate executable file (description is second parameter to `.command`)
       * program
       *   .command('start <service>', 'start named service')
       *   .command('stop [service]', 'stop named service, or all if no name supplied');
       *
       * @param {string} nameAndArgs - command name and arguments, args are `<required>` or `[optional]` and last may also be `variadic...`
       * @param {(object | string)} [actionOptsOrExecDesc] - configuration options (for action), or description (for executable)
       * @param {object} [execOpts] - configuration options (for executable)
       * @return {Command} returns new command for action handler, or `this` for executable command
       */
      command(nameAndArgs, actionOptsOrExecDesc, execOpts) {
        let desc = actionOptsOrExecDesc;
        let opts = execOpts;
        if (typeof desc === "object" && desc !== null) {
          opts = desc;
          desc = null;
        }
        opts = opts || {};
        const [, name, args] = nameAndArgs.match(/([^ ]+) *(.*)/);
        const cmd = this.createCommand(name);
        if (desc) {
          cmd.description(desc);
          cmd._executableHandler = true;
        }
        if (opts.isDefault) this._defaultCommandName = cmd._name;
        cmd._hidden = !!(opts.noHelp || opts.hidden);
        cmd._executableFile = opts.executableFile || null;
        if (args) cmd.arguments(args);
        this._registerCommand(cmd);
        cmd.parent = this;
        cmd.copyInheritedSettings(this);
        if (desc) return this;
        return cmd;
      }
      /**
       * Factory routine to create a new unattached command.
       *
       * See .command() for creating an attached subcommand, which uses this routine to
       * create the command. You can override createCommand to customise subcommands.
       *
       * @param {string} [name]
       * @return {Command} new command
       */
      createCommand(name) {
        return new _Command(name);
      }
      /**
       * You can customise the help with a subclass of Help by overriding createHelp,
       * or by overriding Help properties using configureHelp().
       *
       * @return {Help}
       */
      createHelp() {
        return Object.assign(new Help2(), this.configureHelp());
      }
      /**
       * You can customise the help by overriding Help properties using configureHelp(),
       * or with a subclass of Help by overriding createHelp().
       *
       * @param {object} [configuration] - configuration options
       * @return {(Command | object)} `this` command for chaining, or stored configuration
       */
      configureHelp(configuration) {
        if (configuration === void 0) return this._helpConfiguration;
        this._helpConfiguration = configuration;
        return this;
      }
      /**
       * The default output goes to stdout and stderr. You can customise this for special
       * applications. You can also customise the display of errors by overriding outputError.
       *
       * The configuration properties are all functions:
       *
       *     // change how output being written, defaults to stdout and stderr
       *     writeOut(str)
       *     writeErr(str)
       *     // change how output being written for errors, defaults to writeErr
       *     outputError(str, write) // used for displaying errors and not used for displaying help
       *     // specify width for wrapping help
       *     getOutHelpWidth()
       *     getErrHelpWidth()
       *     // color support, currently only used with Help
       *     getOutHasColors()
       *     getErrHasColors()
       *     stripColor() // used to remove ANSI escape codes if output does not have colors
       *
       * @param {object} [configuration] - configuration options
       * @return {(Command | object)} `this` command for chaining, or stored configuration
       */
      configureOutput(configuration) {
        if (configuration === void 0) return this._outputConfiguration;
        this._outputConfiguration = {
          ...this._outputConfiguration,
          ...configuration
        };
        return this;
      }
      /**
       * Display the help or a custom message after an error occurs.
       *
       * @param {(boolean|string)} [displayHelp]
       * @return {Command} `this` command for chaining
       */
      showHelpAfterError(displayHelp = true) {
        if (typeof displayHelp !== "string") displayHelp = !!displayHelp;
        this._showHelpAfterError = displayHelp;
        return this;
      }
      /**
       * Display suggestion of similar commands for unknown commands, or options for unknown options.
       *
       * @param {boolean} [displaySuggestion]
       * @return {Command} `this` command for chaining
       */
      showSuggestionAfterError(displaySuggestion = true) {
        this._showSuggestionAfterError = !!displaySuggestion;
        return this;
      }
      /**
       * Add a prepared subcommand.
       *
       * See .command() for creating an attached subcommand which inherits settings from its parent.
       *
       * @param {Command} cmd - new subcommand
       * @param {object} [opts] - configuration options
       * @return {Command} `this` command for chaining
       */
      addCommand(cmd, opts) {
        if (!cmd._name) {
          throw new Error(`Command passed to .addCommand() must have a name
- specify the name in Command constructor or using .name()`);
        }
        opts = opts || {};
        if (opts.isDefault) this._defaultCommandName = cmd._name;
        if (opts.noHelp || opts.hidden) cmd._hidden = true;
        this._registerCommand(cmd);
        cmd.parent = this;
        cmd._checkForBrokenPassThrough();
        return this;
      }
      /**
       * Factory routine to create a new unattached argument.
       *
       * See .argument() for creating an attached argument, which uses this routine to
       * create the argument. You can override createArgument to return a custom argument.
       *
       * @param {string} name
       * @param {string} [description]
       * @return {Argument} new argument
       */
      createArgument(name, description) {
        return new Argument2(name, description);
      }
      /**
       * Define argument syntax for command.
       *
       * The default is that the argument is required, and you can explicitly
       * indicate this with <> around the name. Put [] around the name for an optional argument.
       *
       * @example
       * program.argument('<input-file>');
       * program.argument('[output-file]');
       *
       * @param {string} name
       * @param {string} [description]
       * @param {(Function|*)} [parseArg] - custom argument processing function or default value
       * @param {*} [defaultValue]
       * @return {Command} `this` command for chaining
       */
      argument(name, description, parseArg, defaultValue) {
        const argument = this.createArgument(name, description);
        if (typeof parseArg === "function") {
          argument.default(defaultValue).argParser(parseArg);
        } else {
          argument.default(parseArg);
        }
        this.addArgument(argument);
        return this;
      }
      /**
       * Define argument syntax for command, adding multiple at once (without descriptions).
       *
       * See also .argument().
       *
       * @example
       * program.arguments('<cmd> [env]');
       *
       * @param {string} names
       * @return {Command} `this` command for chaining
       */
      arguments(names) {
        names.trim().split(/ +/).forEach((detail) => {
          this.argument(detail);
        });
        return this;
      }
      /**
       * Define argument syntax for command, adding a prepared argument.
       *
       * @param {Argument} argument
       * @return {Command} `this` command for chaining
       */
      addArgument(argument) {
        const previousArgument = this.registeredArguments.slice(-1)[0];
        if (previousArgument?.variadic) {
          throw new Error(
            `only the last argument can be variadic '${previousArgument.name()}'`
          );
        }
        if (argument.required && argument.defaultValue !== void 0 && argument.parseArg === void 0) {
          throw new Error(
            `a default value for a required argument is never used: '${argument.name()}'`
          );
        }
        this.registeredArguments.push(argument);
        return this;
      }
      /**
       * Customise or override default help command. By default a help command is automatically added if your command has subcommands.
       *
       * @example
       *    program.helpCommand('help [cmd]');
       *    program.helpCommand('help [cmd]', 'show help');
       *    program.helpCommand(false); // suppress default help command
       *    program.helpCommand(true); // add help command even if no subcommands
       *
       * @param {string|boolean} enableOrNameAndArgs - enable with custom name and/or arguments, or boolean to override whether added
       * @param {string} [description] - custom description
       * @return {Command} `this` command for chaining
       */
      helpCommand(enableOrNameAndArgs, description) {
        if (typeof enableOrNameAndArgs === "boolean") {
          this._addImplicitHelpCommand = enableOrNameAndArgs;
          if (enableOrNameAndArgs && this._defaultCommandGroup) {
            this._initCommandGroup(this._getHelpCommand());
          }
          return this;
        }
        const nameAndArgs = enableOrNameAndArgs ?? "help [command]";
        const [, helpName, helpArgs] = nameAndArgs.match(/([^ ]+) *(.*)/);
        const helpDescription = description ?? "display help for command";
        const helpCommand = this.createCommand(helpName);
        helpCommand.helpOption(false);
        if (helpArgs) helpCommand.arguments(helpArgs);
        if (helpDescription) helpCommand.description(helpDescription);
        this._addImplicitHelpCommand = true;
        this._helpCommand = helpCommand;
        if (enableOrNameAndArgs || description) this._initCommandGroup(helpCommand);
        return this;
      }
      /**
       * Add prepared custom help command.
       *
       * @param {(Command|string|boolean)} helpCommand - custom help command, or deprecated enableOrNameAndArgs as for `.helpCommand()`
       * @param {string} [deprecatedDescription] - deprecated custom description used with custom name only
       * @return {Command} `this` command for chaining
       */
      addHelpCommand(helpCommand, deprecatedDescription) {
        if (typeof helpCommand !== "object") {
          this.helpCommand(helpCommand, deprecatedDescription);
          return this;
        }
        this._addImplicitHelpCommand = true;
        this._helpCommand = helpCommand;
        this._initCommandGroup(helpCommand);
        return this;
      }
      /**
       * Lazy create help command.
       *
       * @return {(Command|null)}
       * @package
       */
      _getHelpCommand() {
        const hasImplicitHelpCommand = this._addImplicitHelpCommand ?? (this.commands.length && !this._actionHandler && !this._findCommand("help"));
        if (hasImplicitHelpCommand) {
          if (this._helpCommand === void 0) {
            this.helpCommand(void 0, void 0);
          }
          return this._helpCommand;
        }
        return null;
      }
      /**
       * Add hook for life cycle event.
       *
       * @param {string} event
       * @param {Function} listener
       * @return {Command} `this` command for chaining
       */
      hook(event, listener) {
        const allowedValues = ["preSubcommand", "preAction", "postAction"];
        if (!allowedValues.includes(event)) {
          throw new Error(`Unexpected value for event passed to hook : '${event}'.
Expecting one of '${allowedValues.join("', '")}'`);
        }
        if (this._lifeCycleHooks[event]) {
          this._lifeCycleHooks[event].push(listener);
        } else {
          this._lifeCycleHooks[event] = [listener];
        }
        return this;
      }
      /**
       * Register callback to use as replacement for calling process.exit.
       *
       * @param {Function} [fn] optional callback which will be passed a CommanderError, defaults to throwing
       * @return {Command} `this` command for chaining
       */
      exitOverride(fn) {
        if (fn) {
          this._exitCallback = fn;
        } else {
          this._exitCallback = (err) => {
            if (err.code !== "commander.executeSubCommandAsync") {
              throw err;
            } else {
            }
          };
        }
        return this;
      }
      /**
       * Call process.exit, and _exitCallback if defined.
       *
       * @param {number} exitCode exit code for using with process.exit
       * @param {string} code an id string representing the error
       * @param {string} message human-readable description of the error
       * @return never
       * @private
       */
      _exit(exitCode, code2, message) {
        if (this._exitCallback) {
          this._exitCallback(new CommanderError2(exitCode, code2, message));
        }
        process2.exit(exitCode);
      }
      /**
       * Register callback `fn` for the command.
       *
       * @example
       * program
       *   .command('serve')
       *   .description('start service')
       *   .action(function() {
       *      // do work here
       *   });
       *
       * @param {Function} fn
       * @return {Command} `this` command for chaining
       */
      action(fn) {
        const listener = (args) => {
          const expectedArgsCount = this.registeredArguments.length;
          const actionArgs = args.slice(0, expectedArgsCount);
          if (this._storeOptionsAsProperties) {
            actionArgs[expectedArgsCount] = this;
          } else {
            actionArgs[expectedArgsCount] = this.opts();
          }
          actionArgs.push(this);
          return fn.apply(this, actionArgs);
        };
        this._actionHandler = listener;
        return this;
      }
      /**
       * Factory routine to create a new unattached option.
       *
       * See .option() for creating an attached option, which uses this routine to
       * create the option. You can override createOption to return a custom option.
       *
       * @param {string} flags
       * @param {string} [description]
       * @return {Option} new option
       */
      createOption(flags, description) {
        return new Option2(flags, description);
      }
      /**
       * Wrap parseArgs to catch 'commander.invalidArgument'.
       *
       * @param {(Option | Argument)} target
       * @param {string} value
       * @param {*} previous
       * @param {string} invalidArgumentMessage
       * @private
       */
      _callParseArg(target, value, previous, invalidArgumentMessage) {
        try {
          return target.parseArg(value, previous);
        } catch (err) {
          if (err.code === "commander.invalidArgument") {
            const message = `${invalidArgumentMessage} ${err.message}`;
            this.error(message, { exitCode: err.exitCode, code: err.code });
          }
          throw err;
        }
      }
      /**
       * Check for option flag conflicts.
       * Register option if no conflicts found, or throw on conflict.
       *
       * @param {Option} option
       * @private
       */
      _registerOption(option) {
        const matchingOption = option.short && this._findOption(option.short) || option.long && this._findOption(option.long);
        if (matchingOption) {
          const matchingFlag = option.long && this._findOption(option.long) ? option.long : option.short;
          throw new Error(`Cannot add option '${option.flags}'${this._name && ` to command '${this._name}'`} due to conflicting flag '${matchingFlag}'
-  already used by option '${matchingOption.flags}'`);
        }
        this._initOptionGroup(option);
        this.options.push(option);
      }
      /**
       * Check for command name and alias conflicts with existing commands.
       * Register command if no conflicts found, or throw on conflict.
       *
       * @param {Command} command
       * @private
       */
      _registerCommand(command) {
        const knownBy = (cmd) => {
          return [cmd.name()].concat(cmd.aliases());
        };
        const alreadyUsed = knownBy(command).find(
          (name) => this._findCommand(name)
        );
        if (alreadyUsed) {
          const existingCmd = knownBy(this._findCommand(alreadyUsed)).join("|");
          const newCmd = knownBy(command).join("|");
          throw new Error(
            `cannot add command '${newCmd}' as already have command '${existingCmd}'`
          );
        }
        this._initCommandGroup(command);
        this.commands.push(command);
      }
      /**
       * Add an option.
       *
       * @param {Option} option
       * @return {Command} `this` command for chaining
       */
      addOption(option) {
        this._registerOption(option);
        const oname = option.name();
        const name = option.attributeName();
        if (option.negate) {
          const positiveLongFlag = option.long.replace(/^--no-/, "--");
          if (!this._findOption(positiveLongFlag)) {
            this.setOptionValueWithSource(
              name,
              option.defaultValue === void 0 ? true : option.defaultValue,
              "default"
            );
          }
        } else if (option.defaultValue !== void 0) {
          this.setOptionValueWithSource(name, option.defaultValue, "default");
        }
        const handleOptionValue = (val, invalidValueMessage, valueSource) => {
          if (val == null && option.presetArg !== void 0) {
            val = option.presetArg;
          }
          const oldValue = this.getOptionValue(name);
          if (val !== null && option.parseArg) {
            val = this._callParseArg(option, val, oldValue, invalidValueMessage);
          } else if (val !== null && option.variadic) {
            val = option._collectValue(val, oldValue);
          }
          if (val == null) {
            if (option.negate) {
              val = false;
            } else if (option.isBoolean() || option.optional) {
              val = true;
            } else {
              val = "";
            }
          }
          this.setOptionValueWithSource(name, val, valueSource);
        };
        this.on("option:" + oname, (val) => {
          const invalidValueMessage = `error: option '${option.flags}' argument '${val}' is invalid.`;
          handleOptionValue(val, invalidValueMessage, "cli");
        });
        if (option.envVar) {
          this.on("optionEnv:" + oname, (val) => {
            const invalidValueMessage = `error: option '${option.flags}' value '${val}' from env '${option.envVar}' is invalid.`;
            handleOptionValue(val, invalidValueMessage, "env");
          });
        }
        return this;
      }
      /**
       * Internal implementation shared by .option() and .requiredOption()
       *
       * @return {Command} `this` command for chaining
       * @private
       */
      _optionEx(config, flags, description, fn, defaultValue) {
        if (typeof flags === "object" && flags instanceof Option2) {
          throw new Error(
            "To add an Option object use addOption() instead of option() or requiredOption()"
          );
        }
        const option = this.createOption(flags, description);
        option.makeOptionMandatory(!!config.mandatory);
        if (typeof fn === "function") {
          option.default(defaultValue).argParser(fn);
        } else if (fn instanceof RegExp) {
          const regex = fn;
          fn = (val, def) => {
            const m = regex.exec(val);
            return m ? m[0] : def;
          };
          option.default(defaultValue).argParser(fn);
        } else {
          option.default(fn);
        }
        return this.addOption(option);
      }
      /**
       * Define option with `flags`, `description`, and optional argument parsing function or `defaultValue` or both.
       *
       * The `flags` string contains the short and/or long flags, separated by comma, a pipe or space. A required
       * option-argument is indicated by `<>` and an optional option-argument by `[]`.
       *
       * See the README for more details, and see also addOption() and requiredOption().
       *
       * @example
       * program
       *     .option('-p, --pepper', 'add pepper')
       *     .option('--pt, --pizza-type <TYPE>', 'type of pizza') // required option-argument
       *     .option('-c, --cheese [CHEESE]', 'add extra cheese', 'mozzarella') // optional option-argument with default
       *     .option('-t, --tip <VALUE>', 'add tip to purchase cost', parseFloat) // custom parse function
       *
       * @param {string} flags
       * @param {string} [description]
       * @param {(Function|*)} [parseArg] - custom option processing function or default value
       * @param {*} [defaultValue]
       * @return {Command} `this` command for chaining
       */
      option(flags, description, parseArg, defaultValue) {
        return this._optionEx({}, flags, description, parseArg, defaultValue);
      }
      /**
       * Add a required option which must have a value after parsing. This usually means
       * the option must be specified on the command line. (Otherwise the same as .option().)
       *
       * The `flags` string contains the short and/or long flags, separated by comma, a pipe or space.
       *
       * @param {string} flags
       * @param {string} [description]
       * @param {(Function|*)} [parseArg] - custom option processing function or default value
       * @param {*} [defaultValue]
       * @return {Command} `this` command for chaining
       */
      requiredOption(flags, description, parseArg, defaultValue) {
        return this._optionEx(
          { mandatory: true },
          flags,
          description,
          parseArg,
          defaultValue
        );
      }
      /**
       * Alter parsing of short flags with optional values.
       *
       * @example
       * // for `.option('-f,--flag [value]'):
       * program.combineFlagAndOptionalValue(true);  // `-f80` is treated like `--flag=80`, this is the default behaviour
       * program.combineFlagAndOptionalValue(false) // `-fb` is treated like `-f -b`
       *
       * @param {boolean} [combine] - if `true` or omitted, an optional value can be specified directly after the flag.
       * @return {Command} `this` command for chaining
       */
      combineFlagAndOptionalValue(combine = true) {
        this._combineFlagAndOptionalValue = !!combine;
        return this;
      }
      /**
       * Allow unknown options on the command line.
       *
       * @param {boolean} [allowUnknown] - if `true` or omitted, no error will be thrown for unknown options.
       * @return {Command} `this` command for chaining
       */
      allowUnknownOption(allowUnknown = true) {
        this._allowUnknownOption = !!allowUnknown;
        return this;
      }
      /**
       * Allow excess command-arguments on the command line. Pass false to make excess arguments an error.
       *
       * @param {boolean} [allowExcess] - if `true` or omitted, no error will be thrown for excess arguments.
       * @return {Command} `this` command for chaining
       */
      allowExcessArguments(allowExcess = true) {
        this._allowExcessArguments = !!allowExcess;
        return this;
      }
      /**
       * Enable positional options. Positional means global options are specified before subcommands which lets
       * subcommands reuse the same option names, and also enables subcommands to turn on passThroughOptions.
       * The default behaviour is non-positional and global options may appear anywhere on the command line.
       *
       * @param {boolean} [positional]
       * @return {Command} `this` command for chaining
       */
      enablePositionalOptions(positional = true) {
        this._enablePositionalOptions = !!positional;
        return this;
      }
      /**
       * Pass through options that come after command-arguments rather than treat them as command-options,
       * so actual command-options come before command-arguments. Turning this on for a subcommand requires
       * positional options to have been enabled on the program (parent commands).
       * The default behaviour is non-positional and options may appear before or after command-arguments.
       *
       * @param {boolean} [passThrough] for unknown options.
       * @return {Command} `this` command for chaining
       */
      passThroughOptions(passThrough = true) {
        this._passThroughOptions = !!passThrough;
        this._checkForBrokenPassThrough();
        return this;
      }
      /**
       * @private
       */
      _checkForBrokenPassThrough() {
        if (this.parent && this._passThroughOptions && !this.parent._enablePositionalOptions) {
          throw new Error(
            `passThroughOptions cannot be used for '${this._name}' without turning on enablePositionalOptions for parent command(s)`
          );
        }
      }
      /**
       * Whether to store option values as properties on command object,
       * or store separately (specify false). In both cases the option values can be accessed using .opts().
       *
       * @param {boolean} [storeAsProperties=true]
       * @return {Command} `this` command for chaining
       */
      storeOptionsAsProperties(storeAsProperties = true) {
        if (this.options.length) {
          throw new Error("call .storeOptionsAsProperties() before adding options");
        }
        if (Object.keys(this._optionValues).length) {
          throw new Error(
            "call .storeOptionsAsProperties() before setting option values"
          );
        }
        this._storeOptionsAsProperties = !!storeAsProperties;
        return this;
      }
      /**
       * Retrieve option value.
       *
       * @param {string} key
       * @return {object} value
       */
      getOptionValue(key) {
        if (this._storeOptionsAsProperties) {
          return this[key];
        }
        return this._optionValues[key];
      }
      /**
       * Store option value.
       *
       * @param {string} key
       * @param {object} value
       * @return {Command} `this` command for chaining
       */
      setOptionValue(key, value) {
        return this.setOptionValueWithSource(key, value, void 0);
      }
      /**
       * Store option value and where the value came from.
       *
       * @param {string} key
       * @param {object} value
       * @param {string} source - expected values are default/config/env/cli/implied
       * @return {Command} `this` command for chaining
       */
      setOptionValueWithSource(key, value, source) {
        if (this._storeOptionsAsProperties) {
          this[key] = value;
        } else {
          this._optionValues[key] = value;
        }
        this._optionValueSources[key] = source;
        return this;
      }
      /**
       * Get source of option value.
       * Expected values are default | config | env | cli | implied
       *
       * @param {string} key
       * @return {string}
       */
      getOptionValueSource(key) {
        return this._optionValueSources[key];
      }
      /**
       * Get source of option value. See also .optsWithGlobals().
       * Expected values are default | config | env | cli | implied
       *
       * @param {string} key
       * @return {string}
       */
      getOptionValueSourceWithGlobals(key) {
        let source;
        this._getCommandAndAncestors().forEach((cmd) => {
          if (cmd.getOptionValueSource(key) !== void 0) {
            source = cmd.getOptionValueSource(key);
          }
        });
        return source;
      }
      /**
       * Get user arguments from implied or explicit arguments.
       * Side-effects: set _scriptPath if args included script. Used for default program name, and subcommand searches.
       *
       * @private
       */
      _prepareUserArgs(argv, parseOptions) {
        if (argv !== void 0 && !Array.isArray(argv)) {
          throw new Error("first parameter to parse must be array or undefined");
        }
        parseOptions = parseOptions || {};
        if (argv === void 0 && parseOptions.from === void 0) {
          if (process2.versions?.electron) {
            parseOptions.from = "electron";
          }
          const execArgv = process2.execArgv ?? [];
          if (execArgv.includes("-e") || execArgv.includes("--eval") || execArgv.includes("-p") || execArgv.includes("--print")) {
            parseOptions.from = "eval";
          }
        }
        if (argv === void 0) {
          argv = process2.argv;
        }
        this.rawArgs = argv.slice();
        let userArgs;
        switch (parseOptions.from) {
          case void 0:
          case "node":
            this._scriptPath = argv[1];
            userArgs = argv.slice(2);
            break;
          case "electron":
            if (process2.defaultApp) {
              this._scriptPath = argv[1];
              userArgs = argv.slice(2);
            } else {
              userArgs = argv.slice(1);
            }
            break;
          case "user":
            userArgs = argv.slice(0);
            break;
          case "eval":
            userArgs = argv.slice(1);
            break;
          default:
            throw new Error(
              `unexpected parse option { from: '${parseOptions.from}' }`
            );
        }
        if (!this._name && this._scriptPath)
          this.nameFromFilename(this._scriptPath);
        this._name = this._name || "program";
        return userArgs;
      }
      /**
       * Parse `argv`, setting options and invoking commands when defined.
       *
       * Use parseAsync instead of parse if any of your action handlers are async.
       *
       * Call with no parameters to parse `process.argv`. Detects Electron and special node options like `node --eval`. Easy mode!
       *
       * Or call with an array of strings to parse, and optionally where the user arguments start by specifying where the arguments are `from`:
       * - `'node'`: default, `argv[0]` is the application and `argv[1]` is the script being run, with user arguments after that
       * - `'electron'`: `argv[0]` is the application and `argv[1]` varies depending on whether the electron application is packaged
       * - `'user'`: just user arguments
       *
       * @example
       * program.parse(); // parse process.argv and auto-detect electron and special node flags
       * program.parse(process.argv); // assume argv[0] is app and argv[1] is script
       * program.parse(my-args, { from: 'user' }); // just user supplied arguments, nothing special about argv[0]
       *
       * @param {string[]} [argv] - optional, defaults to process.argv
       * @param {object} [parseOptions] - optionally specify style of options with from: node/user/electron
       * @param {string} [parseOptions.from] - where the args are from: 'node', 'user', 'electron'
       * @return {Command} `this` command for chaining
       */
      parse(argv, parseOptions) {
        this._prepareForParse();
        const userArgs = this._prepareUserArgs(argv, parseOptions);
        this._parseCommand([], userArgs);
        return this;
      }
      /**
       * Parse `argv`, setting options and invoking commands when defined.
       *
       * Call with no parameters to parse `process.argv`. Detects Electron and special node options like `node --eval`. Easy mode!
       *
       * Or call with an array of strings to parse, and optionally where the user arguments start by specifying where the arguments are `from`:
       * - `'node'`: default, `argv[0]` is the application and `argv[1]` is the script being run, with user arguments after that
       * - `'electron'`: `argv[0]` is the application and `argv[1]` varies depending on whether the electron application is packaged
       * - `'user'`: just user arguments
       *
       * @example
       * await program.parseAsync(); // parse process.argv and auto-detect electron and special node flags
       * await program.parseAsync(process.argv); // assume argv[0] is app and argv[1] is script
       * await program.parseAsync(my-args, { from: 'user' }); // just user supplied arguments, nothing special about argv[0]
       *
       * @param {string[]} [argv]
       * @param {object} [parseOptions]
       * @param {string} parseOptions.from - where the args are from: 'node', 'user', 'electron'
       * @return {Promise}
       */
      async parseAsync(argv, parseOptions) {
        this._prepareForParse();
        const userArgs = this._prepareUserArgs(argv, parseOptions);
        await this._parseCommand([], userArgs);
        return this;
      }
      _prepareForParse() {
        if (this._savedState === null) {
          this.saveStateBeforeParse();
        } else {
          this.restoreStateBeforeParse();
        }
      }
      /**
       * Called the first time parse is called to save state and allow a restore before subsequent calls to parse.
       * Not usually called directly, but available for subclasses to save their custom state.
       *
       * This is called in a lazy way. Only commands used in parsing chain will have state saved.
       */
      saveStateBeforeParse() {
        this._savedState = {
          // name is stable if supplied by author, but may be unspecified for root command and deduced during parsing
          _name: this._name,
          // option values before parse have default values (including false for negated options)
          // shallow clones
          _optionValues: { ...this._optionValues },
          _optionValueSources: { ...this._optionValueSources }
        };
      }
      /**
       * Restore state before parse for calls after the first.
       * Not usually called directly, but available for subclasses to save their custom state.
       *
       * This is called in a lazy way. Only commands used in parsing chain will have state restored.
       */
      restoreStateBeforeParse() {
        if (this._storeOptionsAsProperties)
          throw new Error(`Can not call parse again when storeOptionsAsProperties is true.
- either make a new Command for each call to parse, or stop storing options as properties`);
        this._name = this._savedState._name;
        this._scriptPath = null;
        this.rawArgs = [];
        this._optionValues = { ...this._savedState._optionValues };
        this._optionValueSources = { ...this._savedState._optionValueSources };
        this.args = [];
        this.processedArgs = [];
      }
      /**
       * Throw if expected executable is missing. Add lots of help for author.
       *
       * @param {string} executableFile
       * @param {string} executableDir
       * @param {string} subcommandName
       */
      _checkForMissingExecutable(executableFile, executableDir, subcommandName) {
        if (fs.existsSync(executableFile)) return;
        const executableDirMessage = executableDir ? `searched for local subcommand relative to directory '${executableDir}'` : "no directory for search for local subcommand, use .executableDir() to supply a custom directory";
        const executableMissing = `'${executableFile}' does not exist
 - if '${subcommandName}' is not meant to be an executable command, remove description parameter from '.command()' and use '.description()' instead
 - if the default executable name is not suitable, use the executableFile option to supply a custom name or path
 - ${executableDirMessage}`;
        throw new Error(executableMissing);
      }
      /**
       * Execute a sub-command executable.
       *
       * @private
       */
      _executeSubCommand(subcommand, args) {
        args = args.slice();
        let launchWithNode = false;
        const sourceExt = [".js", ".ts", ".tsx", ".mjs", ".cjs"];
        function findFile(baseDir, baseName) {
          const localBin = path.resolve(baseDir, baseName);
          if (fs.existsSync(localBin)) return localBin;
          if (sourceExt.includes(path.extname(baseName))) return void 0;
          const foundExt = sourceExt.find(
            (ext) => fs.existsSync(`${localBin}${ext}`)
          );
          if (foundExt) return `${localBin}${foundExt}`;
          return void 0;
        }
        this._checkForMissingMandatoryOptions();
        this._checkForConflictingOptions();
        let executableFile = subcommand._executableFile || `${this._name}-${subcommand._name}`;
        let executableDir = this._executableDir || "";
        if (this._scriptPath) {
          let resolvedScriptPath;
          try {
            resolvedScriptPath = fs.realpathSync(this._scriptPath);
          } catch {
            resolvedScriptPath = this._scriptPath;
          }
          executableDir = path.resolve(
            path.dirname(resolvedScriptPath),
            executableDir
          );
        }
        if (executableDir) {
          let localFile = findFile(executableDir, executableFile);
          if (!localFile && !subcommand._executableFile && this._scriptPath) {
            const legacyName = path.basename(
              this._scriptPath,
              path.extname(this._scriptPath)
            );
            if (legacyName !== this._name) {
              localFile = findFile(
                executableDir,
                `${legacyName}-${subcommand._name}`
              );
            }
          }
          executableFile = localFile || executableFile;
        }
        launchWithNode = sourceExt.includes(path.extname(executableFile));
        let proc;
        if (process2.platform !== "win32") {
          if (launchWithNode) {
            args.unshift(executableFile);
            args = incrementNodeInspectorPort(process2.execArgv).concat(args);
            proc = childProcess.spawn(process2.argv[0], args, { stdio: "inherit" });
          } else {
            proc = childProcess.spawn(executableFile, args, { stdio: "inherit" });
          }
        } else {
          this._checkForMissingExecutable(
            executableFile,
            executableDir,
            subcommand._name
          );
          args.unshift(executableFile);
          args = incrementNodeInspectorPort(process2.execArgv).concat(args);
          proc = childProcess.spawn(process2.execPath, args, { stdio: "inherit" });
        }
        if (!proc.killed) {
          const signals = ["SIGUSR1", "SIGUSR2", "SIGTERM", "SIGINT", "SIGHUP"];
          signals.forEach((signal) => {
            process2.on(signal, () => {
              if (proc.killed === false && proc.exitCode === null) {
                proc.kill(signal);
              }
            });
          });
        }
        const exitCallback = this._exitCallback;
        proc.on("close", (code2) => {
          code2 = code2 ?? 1;
          if (!exitCallback) {
            process2.exit(code2);
          } else {
            exitCallback(
              new CommanderError2(
                code2,
                "commander.executeSubCommandAsync",
                "(close)"
              )
            );
          }
        });
        proc.on("error", (err) => {
          if (err.code === "ENOENT") {
            this._checkForMissingExecutable(
              executableFile,
              executableDir,
              subcommand._name
            );
          } else if (err.code === "EACCES") {
            throw new Error(`'${executableFile}' not executable`);
          }
          if (!exitCallback) {
            process2.exit(1);
          } else {
            const wrappedError = new CommanderError2(
              1,
              "commander.executeSubCommandAsync",
              "(error)"
            );
            wrappedError.nestedError = err;
            exitCallback(wrappedError);
          }
        });
        this.runningCommand = proc;
      }
      /**
       * @private
       */
      _dispatchSubcommand(commandName, operands, unknown) {
        const subCommand = this._findCommand(commandName);
        if (!subCommand) this.help({ error: true });
        subCommand._prepareForParse();
        let promiseChain;
        promiseChain = this._chainOrCallSubCommandHook(
          promiseChain,
          subCommand,
          "preSubcommand"
        );
        promiseChain = this._chainOrCall(promiseChain, () => {
          if (subCommand._executableHandler) {
            this._executeSubCommand(subCommand, operands.concat(unknown));
          } else {
            return subCommand._parseCommand(operands, unknown);
          }
        });
        return promiseChain;
      }
      /**
       * Invoke help directly if possible, or dispatch if necessary.
       * e.g. help foo
       *
       * @private
       */
      _dispatchHelpCommand(subcommandName) {
        if (!subcommandName) {
          this.help();
        }
        const subCommand = this._findCommand(subcommandName);
        if (subCommand && !subCommand._executableHandler) {
          subCommand.help();
        }
        return this._dispatchSubcommand(
          subcommandName,
          [],
          [this._getHelpOption()?.long ?? this._getHelpOption()?.short ?? "--help"]
        );
      }
      /**
       * Check this.args against expected this.registeredArguments.
       *
       * @private
       */
      _checkNumberOfArguments() {
        this.registeredArguments.forEach((arg, i) => {
          if (arg.required && this.args[i] == null) {
            this.missingArgument(arg.name());
          }
        });
        if (this.registeredArguments.length > 0 && this.registeredArguments[this.registeredArguments.length - 1].variadic) {
          return;
        }
        if (this.args.length > this.registeredArguments.length) {
          this._excessArguments(this.args);
        }
      }
      /**
       * Process this.args using this.registeredArguments and save as this.processedArgs!
       *
       * @private
       */
      _processArguments() {
        const myParseArg = (argument, value, previous) => {
          let parsedValue = value;
          if (value !== null && argument.parseArg) {
            const invalidValueMessage = `error: command-argument value '${value}' is invalid for argument '${argument.name()}'.`;
            parsedValue = this._callParseArg(
              argument,
              value,
              previous,
              invalidValueMessage
            );
          }
          return parsedValue;
        };
        this._checkNumberOfArguments();
        const processedArgs = [];
        this.registeredArguments.forEach((declaredArg, index) => {
          let value = declaredArg.defaultValue;
          if (declaredArg.variadic) {
            if (index < this.args.length) {
              value = this.args.slice(index);
              if (declaredArg.parseArg) {
                value = value.reduce((processed, v) => {
                  return myParseArg(declaredArg, v, processed);
                }, declaredArg.defaultValue);
              }
            } else if (value === void 0) {
              value = [];
            }
          } else if (index < this.args.length) {
            value = this.args[index];
            if (declaredArg.parseArg) {
              value = myParseArg(declaredArg, value, declaredArg.defaultValue);
            }
          }
          processedArgs[index] = value;
        });
        this.processedArgs = processedArgs;
      }
      /**
       * Once we have a promise we chain, but call synchronously until then.
       *
       * @param {(Promise|undefined)} promise
       * @param {Function} fn
       * @return {(Promise|undefined)}
       * @private
       */
      _chainOrCall(promise, fn) {
        if (promise?.then && typeof promise.then === "function") {
          return promise.then(() => fn());
        }
        return fn();
      }
      /**
       *
       * @param {(Promise|undefined)} promise
       * @param {string} event
       * @return {(Promise|undefined)}
       * @private
       */
      _chainOrCallHooks(promise, event) {
        let result = promise;
        const hooks = [];
        this._getCommandAndAncestors().reverse().filter((cmd) => cmd._lifeCycleHooks[event] !== void 0).forEach((hookedCommand) => {
          hookedCommand._lifeCycleHooks[event].forEach((callback) => {
            hooks.push({ hookedCommand, callback });
          });
        });
        if (event === "postAction") {
          hooks.reverse();
        }
        hooks.forEach((hookDetail) => {
          result = this._chainOrCall(result, () => {
            return hookDetail.callback(hookDetail.hookedCommand, this);
          });
        });
        return result;
      }
      /**
       *
       * @param {(Promise|undefined)} promise
       * @param {Command} subCommand
       * @param {string} event
       * @return {(Promise|undefined)}
       * @private
       */
      _chainOrCallSubCommandHook(promise, subCommand, event) {
        let result = promise;
        if (this._lifeCycleHooks[event] !== void 0) {
          this._lifeCycleHooks[event].forEach((hook) => {
            result = this._chainOrCall(result, () => {
              return hook(this, subCommand);
            });
          });
        }
        return result;
      }
      /**
       * Process arguments in context of this command.
       * Returns action result, in case it is a promise.
       *
       * @private
       */
      _parseCommand(operands, unknown) {
        const parsed = this.parseOptions(unknown);
        this._parseOptionsEnv();
        this._parseOptionsImplied();
        operands = operands.concat(parsed.operands);
        unknown = parsed.unknown;
        this.args = operands.concat(unknown);
        if (operands && this._findCommand(operands[0])) {
          return this._dispatchSubcommand(operands[0], operands.slice(1), unknown);
        }
        if (this._getHelpCommand() && operands[0] === this._getHelpCommand().name()) {
          return this._dispatchHelpCommand(operands[1]);
        }
        if (this._defaultCommandName) {
          this._outputHelpIfRequested(unknown);
          return this._dispatchSubcommand(
            this._defaultCommandName,
            operands,
            unknown
          );
        }
        if (this.commands.length && this.args.length === 0 && !this._actionHandler && !this._defaultCommandName) {
          this.help({ error: true });
        }
        this._outputHelpIfRequested(parsed.unknown);
        this._checkForMissingMandatoryOptions();
        this._checkForConflictingOptions();
        const checkForUnknownOptions = () => {
          if (parsed.unknown.length > 0) {
            this.unknownOption(parsed.unknown[0]);
          }
        };
        const commandEvent = `command:${this.name()}`;
        if (this._actionHandler) {
          checkForUnknownOptions();
          this._processArguments();
          let promiseChain;
          promiseChain = this._chainOrCallHooks(promiseChain, "preAction");
          promiseChain = this._chainOrCall(
            promiseChain,
            () => this._actionHandler(this.processedArgs)
          );
          if (this.parent) {
            promiseChain = this._chainOrCall(promiseChain, () => {
              this.parent.emit(commandEvent, operands, unknown);
            });
          }
          promiseChain = this._chainOrCallHooks(promiseChain, "postAction");
          return promiseChain;
        }
        if (this.parent?.listenerCount(commandEvent)) {
          checkForUnknownOptions();
          this._processArguments();
          this.parent.emit(commandEvent, operands, unknown);
        } else if (operands.length) {
          if (this._findCommand("*")) {
            return this._dispatchSubcommand("*", operands, unknown);
          }
          if (this.listenerCount("command:*")) {
            this.emit("command:*", operands, unknown);
          } else if (this.commands.length) {
            this.unknownCommand();
          } else {
            checkForUnknownOptions();
            this._processArguments();
          }
        } else if (this.commands.length) {
          checkForUnknownOptions();
          this.help({ error: true });
        } else {
          checkForUnknownOptions();
          this._processArguments();
        }
      }
      /**
       * Find matching command.
       *
       * @private
       * @return {Command | undefined}
       */
      _findCommand(name) {
        if (!name) return void 0;
        return this.commands.find(
          (cmd) => cmd._name === name || cmd._aliases.includes(name)
        );
      }
      /**
       * Return an option matching `arg` if any.
       *
       * @param {string} arg
       * @return {Option}
       * @package
       */
      _findOption(arg) {
        return this.options.find((option) => option.is(arg));
      }
      /**
       * Display an error message if a mandatory option does not have a value.
       * Called after checking for help flags in leaf subcommand.
       *
       * @private
       */
      _checkForMissingMandatoryOptions() {
        this._getCommandAndAncestors().forEach((cmd) => {
          cmd.options.forEach((anOption) => {
            if (anOption.mandatory && cmd.getOptionValue(anOption.attributeName()) === void 0) {
              cmd.missingMandatoryOptionValue(anOption);
            }
          });
        });
      }
      /**
       * Display an error message if conflicting options are used together in this.
       *
       * @private
       */
      _checkForConflictingLocalOptions() {
        const definedNonDefaultOptions = this.options.filter((option) => {
          const optionKey = option.attributeName();
          if (this.getOptionValue(optionKey) === void 0) {
            return false;
          }
          return this.getOptionValueSource(optionKey) !== "default";
        });
        const optionsWithConflicting = definedNonDefaultOptions.filter(
          (option) => option.conflictsWith.length > 0
        );
        optionsWithConflicting.forEach((option) => {
          const conflictingAndDefined = definedNonDefaultOptions.find(
            (defined) => option.conflictsWith.includes(defined.attributeName())
          );
          if (conflictingAndDefined) {
            this._conflictingOption(option, conflictingAndDefined);
          }
        });
      }
      /**
       * Display an error message if conflicting options are used together.
       * Called after checking for help flags in leaf subcommand.
       *
       * @private
       */
      _checkForConflictingOptions() {
        this._getCommandAndAncestors().forEach((cmd) => {
          cmd._checkForConflictingLocalOptions();
        });
      }
      /**
       * Parse options from `argv` removing known options,
       * and return argv split into operands and unknown arguments.
       *
       * Side effects: modifies command by storing options. Does not reset state if called again.
       *
       * Examples:
       *
       *     argv => operands, unknown
       *     --known kkk op => [op], []
       *     op --known kkk => [op], []
       *     sub --unknown uuu op => [sub], [--unknown uuu op]
       *     sub -- --unknown uuu op => [sub --unknown uuu op], []
       *
       * @param {string[]} args
       * @return {{operands: string[], unknown: string[]}}
       */
      parseOptions(args) {
        const operands = [];
        const unknown = [];
        let dest = operands;
        function maybeOption(arg) {
          return arg.length > 1 && arg[0] === "-";
        }
        const negativeNumberArg = (arg) => {
          if (!/^-(\d+|\d*\.\d+)(e[+-]?\d+)?$/.test(arg)) return false;
          return !this._getCommandAndAncestors().some(
            (cmd) => cmd.options.map((opt) => opt.short).some((short) => /^-\d$/.test(short))
          );
        };
        let activeVariadicOption = null;
        let activeGroup = null;
        let i = 0;
        while (i < args.length || activeGroup) {
          const arg = activeGroup ?? args[i++];
          activeGroup = null;
          if (arg === "--") {
            if (dest === unknown) dest.push(arg);
            dest.push(...args.slice(i));
            break;
          }
          if (activeVariadicOption && (!maybeOption(arg) || negativeNumberArg(arg))) {
            this.emit(`option:${activeVariadicOption.name()}`, arg);
            continue;
          }
          activeVariadicOption = null;
          if (maybeOption(arg)) {
            const option = this._findOption(arg);
            if (option) {
              if (option.required) {
                const value = args[i++];
                if (value === void 0) this.optionMissingArgument(option);
                this.emit(`option:${option.name()}`, value);
              } else if (option.optional) {
                let value = null;
                if (i < args.length && (!maybeOption(args[i]) || negativeNumberArg(args[i]))) {
                  value = args[i++];
                }
                this.emit(`option:${option.name()}`, value);
              } else {
                this.emit(`option:${option.name()}`);
              }
              activeVariadicOption = option.variadic ? option : null;
              continue;
            }
          }
          if (arg.length > 2 && arg[0] === "-" && arg[1] !== "-") {
            const option = this._findOption(`-${arg[1]}`);
            if (option) {
              if (option.required || option.optional && this._combineFlagAndOptionalValue) {
                this.emit(`option:${option.name()}`, arg.slice(2));
              } else {
                this.emit(`option:${option.name()}`);
                activeGroup = `-${arg.slice(2)}`;
              }
              continue;
            }
          }
          if (/^--[^=]+=/.test(arg)) {
            const index = arg.indexOf("=");
            const option = this._findOption(arg.slice(0, index));
            if (option && (option.required || option.optional)) {
              this.emit(`option:${option.name()}`, arg.slice(index + 1));
              continue;
            }
          }
          if (dest === operands && maybeOption(arg) && !(this.commands.length === 0 && negativeNumberArg(arg))) {
            dest = unknown;
          }
          if ((this._enablePositionalOptions || this._passThroughOptions) && operands.length === 0 && unknown.length === 0) {
            if (this._findCommand(arg)) {
              operands.push(arg);
              unknown.push(...args.slice(i));
              break;
            } else if (this._getHelpCommand() && arg === this._getHelpCommand().name()) {
              operands.push(arg, ...args.slice(i));
              break;
            } else if (this._defaultCommandName) {
              unknown.push(arg, ...args.slice(i));
              break;
            }
          }
          if (this._passThroughOptions) {
            dest.push(arg, ...args.slice(i));
            break;
          }
          dest.push(arg);
        }
        return { operands, unknown };
      }
      /**
       * Return an object containing local option values as key-value pairs.
       *
       * @return {object}
       */
      opts() {
        if (this._storeOptionsAsProperties) {
          const result = {};
          const len = this.options.length;
          for (let i = 0; i < len; i++) {
            const key = this.options[i].attributeName();
            result[key] = key === this._versionOptionName ? this._version : this[key];
          }
          return result;
        }
        return this._optionValues;
      }
      /**
       * Return an object containing merged local and global option values as key-value pairs.
       *
       * @return {object}
       */
      optsWithGlobals() {
        return this._getCommandAndAncestors().reduce(
          (combinedOptions, cmd) => Object.assign(combinedOptions, cmd.opts()),
          {}
        );
      }
      /**
       * Display error message and exit (or call exitOverride).
       *
       * @param {string} message
       * @param {object} [errorOptions]
       * @param {string} [errorOptions.code] - an id string representing the error
       * @param {number} [errorOptions.exitCode] - used with process.exit
       */
      error(message, errorOptions) {
        this._outputConfiguration.outputError(
          `${message}
`,
          this._outputConfiguration.writeErr
        );
        if (typeof this._showHelpAfterError === "string") {
          this._outputConfiguration.writeErr(`${this._showHelpAfterError}
`);
        } else if (this._showHelpAfterError) {
          this._outputConfiguration.writeErr("\n");
          this.outputHelp({ error: true });
        }
        const config = errorOptions || {};
        const exitCode = config.exitCode || 1;
        const code2 = config.code || "commander.error";
        this._exit(exitCode, code2, message);
      }
      /**
       * Apply any option related environment variables, if option does
       * not have a value from cli or client code.
       *
       * @private
       */
      _parseOptionsEnv() {
        this.options.forEach((option) => {
          if (option.envVar && option.envVar in process2.env) {
            const optionKey = option.attributeName();
            if (this.getOptionValue(optionKey) === void 0 || ["default", "config", "env"].includes(
              this.getOptionValueSource(optionKey)
            )) {
              if (option.required || option.optional) {
                this.emit(`optionEnv:${option.name()}`, process2.env[option.envVar]);
              } else {
                this.emit(`optionEnv:${option.name()}`);
              }
            }
          }
        });
      }
      /**
       * Apply any implied option values, if option is undefined or default value.
       *
       * @private
       */
      _parseOptionsImplied() {
        const dualHelper = new DualOptions(this.options);
        const hasCustomOptionValue = (optionKey) => {
          return this.getOptionValue(optionKey) !== void 0 && !["default", "implied"].includes(this.getOptionValueSource(optionKey));
        };
        this.options.filter(
          (option) => option.implied !== void 0 && hasCustomOptionValue(option.attributeName()) && dualHelper.valueFromOption(
            this.getOptionValue(option.attributeName()),
            option
          )
        ).forEach((option) => {
          Object.keys(option.implied).filter((impliedKey) => !hasCustomOptionValue(impliedKey)).forEach((impliedKey) => {
            this.setOptionValueWithSource(
              impliedKey,
              option.implied[impliedKey],
              "implied"
            );
          });
        });
      }
      /**
       * Argument `name` is missing.
       *
       * @param {string} name
       * @private
       */
      missingArgument(name) {
        const message = `error: missing required argument '${name}'`;
        this.error(message, { code: "commander.missingArgument" });
      }
      /**
       * `Option` is missing an argument.
       *
       * @param {Option} option
       * @private
       */
      optionMissingArgument(option) {
        const message = `error: option '${option.flags}' argument missing`;
        this.error(message, { code: "commander.optionMissingArgument" });
      }
      /**
       * `Option` does not have a value, and is a mandatory option.
       *
       * @param {Option} option
       * @private
       */
      missingMandatoryOptionValue(option) {
        const message = `error: required option '${option.flags}' not specified`;
        this.error(message, { code: "commander.missingMandatoryOptionValue" });
      }
      /**
       * `Option` conflicts with another option.
       *
       * @param {Option} option
       * @param {Option} conflictingOption
       * @private
       */
      _conflictingOption(option, conflictingOption) {
        const findBestOptionFromValue = (option2) => {
          const optionKey = option2.attributeName();
          const optionValue = this.getOptionValue(optionKey);
          const negativeOption = this.options.find(
            (target) => target.negate && optionKey === target.attributeName()
          );
          const positiveOption = this.options.find(
            (target) => !target.negate && optionKey === target.attributeName()
          );
          if (negativeOption && (negativeOption.presetArg === void 0 && optionValue === false || negativeOption.presetArg !== void 0 && optionValue === negativeOption.presetArg)) {
            return negativeOption;
          }
          return positiveOption || option2;
        };
        const getErrorMessage = (option2) => {
          const bestOption = findBestOptionFromValue(option2);
          const optionKey = bestOption.attributeName();
          const source = this.getOptionValueSource(optionKey);
          if (source === "env") {
            return `environment variable '${bestOption.envVar}'`;
          }
          return `option '${bestOption.flags}'`;
        };
        const message = `error: ${getErrorMessage(option)} cannot be used with ${getErrorMessage(conflictingOption)}`;
        this.error(message, { code: "commander.conflictingOption" });
      }
      /**
       * Unknown option `flag`.
       *
       * @param {string} flag
       * @private
       */
      unknownOption(flag) {
        if (this._allowUnknownOption) return;
        let suggestion = "";
        if (flag.startsWith("--") && this._showSuggestionAfterError) {
          let candidateFlags = [];
          let command = this;
          do {
            const moreFlags = command.createHelp().visibleOptions(command).filter((option) => option.long).map((option) => option.long);
            candidateFlags = candidateFlags.concat(moreFlags);
            command = command.parent;
          } while (command && !command._enablePositionalOptions);
          suggestion = suggestSimilar(flag, candidateFlags);
        }
        const message = `error: unknown option '${flag}'${suggestion}`;
        this.error(message, { code: "commander.unknownOption" });
      }
      /**
       * Excess arguments, more than expected.
       *
       * @param {string[]} receivedArgs
       * @private
       */
      _excessArguments(receivedArgs) {
        if (this._allowExcessArguments) return;
        const expected = this.registeredArguments.length;
        const s = expected === 1 ? "" : "s";
        const forSubcommand = this.parent ? ` for '${this.name()}'` : "";
        const message = `error: too many arguments${forSubcommand}. Expected ${expected} argument${s} but got ${receivedArgs.length}.`;
        this.error(message, { code: "commander.excessArguments" });
      }
      /**
       * Unknown command.
       *
       * @private
       */
      unknownCommand() {
        const unknownName = this.args[0];
        let suggestion = "";
        if (this._showSuggestionAfterError) {
          const candidateNames = [];
          this.createHelp().visibleCommands(this).forEach((command) => {
            candidateNames.push(command.name());
            if (command.alias()) candidateNames.push(command.alias());
          });
          suggestion = suggestSimilar(unknownName, candidateNames);
        }
        const message = `error: unknown command '${unknownName}'${suggestion}`;
        this.error(message, { code: "commander.unknownCommand" });
      }
      /**
       * Get or set the program version.
       *
       * This method auto-registers the "-V, --version" option which will print the version number.
       *
       * You can optionally supply the flags and description to override the defaults.
       *
       * @param {string} [str]
       * @param {string} [flags]
       * @param {string} [description]
       * @return {(this | string | undefined)} `this` command for chaining, or version string if no arguments
       */
      version(str, flags, description) {
        if (str === void 0) return this._version;
        this._version = str;
        flags = flags || "-V, --version";
        description = description || "output the version number";
        const versionOption = this.createOption(flags, description);
        this._versionOptionName = versionOption.attributeName();
        this._registerOption(versionOption);
        this.on("option:" + versionOption.name(), () => {
          this._outputConfiguration.writeOut(`${str}
`);
          this._exit(0, "commander.version", str);
        });
        return this;
      }
      /**
       * Set the description.
       *
       * @param {string} [str]
       * @param {object} [argsDescription]
       * @return {(string|Command)}
       */
      description(str, argsDescription) {
        if (str === void 0 && argsDescription === void 0)
          return this._description;
        this._description = str;
        if (argsDescription) {
          this._argsDescription = argsDescription;
        }
        return this;
      }
      /**
       * Set the summary. Used when listed as subcommand of parent.
       *
       * @param {string} [str]
       * @return {(string|Command)}
       */
      summary(str) {
        if (str === void 0) return this._summary;
        this._summary = str;
        return this;
      }
      /**
       * Set an alias for the command.
       *
       * You may call more than once to add multiple aliases. Only the first alias is shown in the auto-generated help.
       *
       * @param {string} [alias]
       * @return {(string|Command)}
       */
      alias(alias) {
        if (alias === void 0) return this._aliases[0];
        let command = this;
        if (this.commands.length !== 0 && this.commands[this.commands.length - 1]._executableHandler) {
          command = this.commands[this.commands.length - 1];
        }
        if (alias === command._name)
          throw new Error("Command alias can't be the same as its name");
        const matchingCommand = this.parent?._findCommand(alias);
        if (matchingCommand) {
          const existingCmd = [matchingCommand.name()].concat(matchingCommand.aliases()).join("|");
          throw new Error(
            `cannot add alias '${alias}' to command '${this.name()}' as already have command '${existingCmd}'`
          );
        }
        command._aliases.push(alias);
        return this;
      }
      /**
       * Set aliases for the command.
       *
       * Only the first alias is shown in the auto-generated help.
       *
       * @param {string[]} [aliases]
       * @return {(string[]|Command)}
       */
      aliases(aliases) {
        if (aliases === void 0) return this._aliases;
        aliases.forEach((alias) => this.alias(alias));
        return this;
      }
      /**
       * Set / get the command usage `str`.
       *
       * @param {string} [str]
       * @return {(string|Command)}
       */
      usage(str) {
        if (str === void 0) {
          if (this._usage) return this._usage;
          const args = this.registeredArguments.map((arg) => {
            return humanReadableArgName(arg);
          });
          return [].concat(
            this.options.length || this._helpOption !== null ? "[options]" : [],
            this.commands.length ? "[command]" : [],
            this.registeredArguments.length ? args : []
          ).join(" ");
        }
        this._usage = str;
        return this;
      }
      /**
       * Get or set the name of the command.
       *
       * @param {string} [str]
       * @return {(string|Command)}
       */
      name(str) {
        if (str === void 0) return this._name;
        this._name = str;
        return this;
      }
      /**
       * Set/get the help group heading for this subcommand in parent command's help.
       *
       * @param {string} [heading]
       * @return {Command | string}
       */
      helpGroup(heading) {
        if (heading === void 0) return this._helpGroupHeading ?? "";
        this._helpGroupHeading = heading;
        return this;
      }
      /**
       * Set/get the default help group heading for subcommands added to this command.
       * (This does not override a group set directly on the subcommand using .helpGroup().)
       *
       * @example
       * program.commandsGroup('Development Commands:);
       * program.command('watch')...
       * program.command('lint')...
       * ...
       *
       * @param {string} [heading]
       * @returns {Command | string}
       */
      commandsGroup(heading) {
        if (heading === void 0) return this._defaultCommandGroup ?? "";
        this._defaultCommandGroup = heading;
        return this;
      }
      /**
       * Set/get the default help group heading for options added to this command.
       * (This does not override a group set directly on the option using .helpGroup().)
       *
       * @example
       * program
       *   .optionsGroup('Development Options:')
       *   .option('-d, --debug', 'output extra debugging')
       *   .option('-p, --profile', 'output profiling information')
       *
       * @param {string} [heading]
       * @returns {Command | string}
       */
      optionsGroup(heading) {
        if (heading === void 0) return this._defaultOptionGroup ?? "";
        this._defaultOptionGroup = heading;
        return this;
      }
      /**
       * @param {Option} option
       * @private
       */
      _initOptionGroup(option) {
        if (this._defaultOptionGroup && !option.helpGroupHeading)
          option.helpGroup(this._defaultOptionGroup);
      }
      /**
       * @param {Command} cmd
       * @private
       */
      _initCommandGroup(cmd) {
        if (this._defaultCommandGroup && !cmd.helpGroup())
          cmd.helpGroup(this._defaultCommandGroup);
      }
      /**
       * Set the name of the command from script filename, such as process.argv[1],
       * or require.main.filename, or __filename.
       *
       * (Used internally and public although not documented in README.)
       *
       * @example
       * program.nameFromFilename(require.main.filename);
       *
       * @param {string} filename
       * @return {Command}
       */
      nameFromFilename(filename) {
        this._name = path.basename(filename, path.extname(filename));
        return this;
      }
      /**
       * Get or set the directory for searching for executable subcommands of this command.
       *
       * @example
       * program.executableDir(__dirname);
       * // or
       * program.executableDir('subcommands');
       *
       * @param {string} [path]
       * @return {(string|null|Command)}
       */
      executableDir(path2) {
        if (path2 === void 0) return this._executableDir;
        this._executableDir = path2;
        return this;
      }
      /**
       * Return program help documentation.
       *
       * @param {{ error: boolean }} [contextOptions] - pass {error:true} to wrap for stderr instead of stdout
       * @return {string}
       */
      helpInformation(contextOptions) {
        const helper = this.createHelp();
        const context = this._getOutputContext(contextOptions);
        helper.prepareContext({
          error: context.error,
          helpWidth: context.helpWidth,
          outputHasColors: context.hasColors
        });
        const text2 = helper.formatHelp(this, helper);
        if (context.hasColors) return text2;
        return this._outputConfiguration.stripColor(text2);
      }
      /**
       * @typedef HelpContext
       * @type {object}
       * @property {boolean} error
       * @property {number} helpWidth
       * @property {boolean} hasColors
       * @property {function} write - includes stripColor if needed
       *
       * @returns {HelpContext}
       * @private
       */
      _getOutputContext(contextOptions) {
        contextOptions = contextOptions || {};
        const error = !!contextOptions.error;
        let baseWrite;
        let hasColors;
        let helpWidth;
        if (error) {
          baseWrite = (str) => this._outputConfiguration.writeErr(str);
          hasColors = this._outputConfiguration.getErrHasColors();
          helpWidth = this._outputConfiguration.getErrHelpWidth();
        } else {
          baseWrite = (str) => this._outputConfiguration.writeOut(str);
          hasColors = this._outputConfiguration.getOutHasColors();
          helpWidth = this._outputConfiguration.getOutHelpWidth();
        }
        const write = (str) => {
          if (!hasColors) str = this._outputConfiguration.stripColor(str);
          return baseWrite(str);
        };
        return { error, write, hasColors, helpWidth };
      }
      /**
       * Output help information for this command.
       *
       * Outputs built-in help, and custom text added using `.addHelpText()`.
       *
       * @param {{ error: boolean } | Function} [contextOptions] - pass {error:true} to write to stderr instead of stdout
       */
      outputHelp(contextOptions) {
        let deprecatedCallback;
        if (typeof contextOptions === "function") {
          deprecatedCallback = contextOptions;
          contextOptions = void 0;
        }
        const outputContext = this._getOutputContext(contextOptions);
        const eventContext = {
          error: outputContext.error,
          write: outputContext.write,
          command: this
        };
        this._getCommandAndAncestors().reverse().forEach((command) => command.emit("beforeAllHelp", eventContext));
        this.emit("beforeHelp", eventContext);
        let helpInformation = this.helpInformation({ error: outputContext.error });
        if (deprecatedCallback) {
          helpInformation = deprecatedCallback(helpInformation);
          if (typeof helpInformation !== "string" && !Buffer.isBuffer(helpInformation)) {
            throw new Error("outputHelp callback must return a string or a Buffer");
          }
        }
        outputContext.write(helpInformation);
        if (this._getHelpOption()?.long) {
          this.emit(this._getHelpOption().long);
        }
        this.emit("afterHelp", eventContext);
        this._getCommandAndAncestors().forEach(
          (command) => command.emit("afterAllHelp", eventContext)
        );
      }
      /**
       * You can pass in flags and a description to customise the built-in help option.
       * Pass in false to disable the built-in help option.
       *
       * @example
       * program.helpOption('-?, --help' 'show help'); // customise
       * program.helpOption(false); // disable
       *
       * @param {(string | boolean)} flags
       * @param {string} [description]
       * @return {Command} `this` command for chaining
       */
      helpOption(flags, description) {
        if (typeof flags === "boolean") {
          if (flags) {
            if (this._helpOption === null) this._helpOption = void 0;
            if (this._defaultOptionGroup) {
              this._initOptionGroup(this._getHelpOption());
            }
          } else {
            this._helpOption = null;
          }
          return this;
        }
        this._helpOption = this.createOption(
          flags ?? "-h, --help",
          description ?? "display help for command"
        );
        if (flags || description) this._initOptionGroup(this._helpOption);
        return this;
      }
      /**
       * Lazy create help option.
       * Returns null if has been disabled with .helpOption(false).
       *
       * @returns {(Option | null)} the help option
       * @package
       */
      _getHelpOption() {
        if (this._helpOption === void 0) {
          this.helpOption(void 0, void 0);
        }
        return this._helpOption;
      }
      /**
       * Supply your own option to use for the built-in help option.
       * This is an alternative to using helpOption() to customise the flags and description etc.
       *
       * @param {Option} option
       * @return {Command} `this` command for chaining
       */
      addHelpOption(option) {
        this._helpOption = option;
        this._initOptionGroup(option);
        return this;
      }
      /**
       * Output help information and exit.
       *
       * Outputs built-in help, and custom text added using `.addHelpText()`.
       *
       * @param {{ error: boolean }} [contextOptions] - pass {error:true} to write to stderr instead of stdout
       */
      help(contextOptions) {
        this.outputHelp(contextOptions);
        let exitCode = Number(process2.exitCode ?? 0);
        if (exitCode === 0 && contextOptions && typeof contextOptions !== "function" && contextOptions.error) {
          exitCode = 1;
        }
        this._exit(exitCode, "commander.help", "(outputHelp)");
      }
      /**
       * // Do a little typing to coordinate emit and listener for the help text events.
       * @typedef HelpTextEventContext
       * @type {object}
       * @property {boolean} error
       * @property {Command} command
       * @property {function} write
       */
      /**
       * Add additional text to be displayed with the built-in help.
       *
       * Position is 'before' or 'after' to affect just this command,
       * and 'beforeAll' or 'afterAll' to affect this command and all its subcommands.
       *
       * @param {string} position - before or after built-in help
       * @param {(string | Function)} text - string to add, or a function returning a string
       * @return {Command} `this` command for chaining
       */
      addHelpText(position, text2) {
        const allowedValues = ["beforeAll", "before", "after", "afterAll"];
        if (!allowedValues.includes(position)) {
          throw new Error(`Unexpected value for position to addHelpText.
Expecting one of '${allowedValues.join("', '")}'`);
        }
        const helpEvent = `${position}Help`;
        this.on(helpEvent, (context) => {
          let helpStr;
          if (typeof text2 === "function") {
            helpStr = text2({ error: context.error, command: context.command });
          } else {
            helpStr = text2;
          }
          if (helpStr) {
            context.write(`${helpStr}
`);
          }
        });
        return this;
      }
      /**
       * Output help information if help flags specified
       *
       * @param {Array} args - array of options to search for help flags
       * @private
       */
      _outputHelpIfRequested(args) {
        const helpOption = this._getHelpOption();
        const helpRequested = helpOption && args.find((arg) => helpOption.is(arg));
        if (helpRequested) {
          this.outputHelp();
          this._exit(0, "commander.helpDisplayed", "(outputHelp)");
        }
      }
    };
    function incrementNodeInspectorPort(args) {
      return args.map((arg) => {
        if (!arg.startsWith("--inspect")) {
          return arg;
        }
        let debugOption;
        let debugHost = "127.0.0.1";
        let debugPort = "9229";
        let match;
        if ((match = arg.match(/^(--inspect(-brk)?)$/)) !== null) {
          debugOption = match[1];
        } else if ((match = arg.match(/^(--inspect(-brk|-port)?)=([^:]+)$/)) !== null) {
          debugOption = match[1];
          if (/^\d+$/.test(match[3])) {
            debugPort = match[3];
          } else {
            debugHost = match[3];
          }
        } else if ((match = arg.match(/^(--inspect(-brk|-port)?)=([^:]+):(\d+)$/)) !== null) {
          debugOption = match[1];
          debugHost = match[3];
          debugPort = match[4];
        }
        if (debugOption && debugPort !== "0") {
          return `${debugOption}=${debugHost}:${parseInt(debugPort) + 1}`;
        }
        return arg;
      });
    }
    function useColor() {
      if (process2.env.NO_COLOR || process2.env.FORCE_COLOR === "0" || process2.env.FORCE_COLOR === "false")
        return false;
      if (process2.env.FORCE_COLOR || process2.env.CLICOLOR_FORCE !== void 0)
        return true;
      return void 0;
    }
    exports.Command = Command2;
    exports.useColor = useColor;
  }
});

// node_modules/commander/index.js
var require_commander = __commonJS({
  "node_modules/commander/index.js"(exports) {
    var { Argument: Argument2 } = require_argument();
    var { Command: Command2 } = require_command();
    var { CommanderError: CommanderError2, InvalidArgumentError: InvalidArgumentError2 } = require_error();
    var { Help: Help2 } = require_help();
    var { Option: Option2 } = require_option();
    exports.program = new Command2();
    exports.createCommand = (name) => new Command2(name);
    exports.createOption = (flags, description) => new Option2(flags, description);
    exports.createArgument = (name, description) => new Argument2(name, description);
    exports.Command = Command2;
    exports.Option = Option2;
    exports.Argument = Argument2;
    exports.Help = Help2;
    exports.CommanderError = CommanderError2;
    exports.InvalidArgumentError = InvalidArgumentError2;
    exports.InvalidOptionArgumentError = InvalidArgumentError2;
  }
});

// node_modules/events-universal/default.js
var require_default = __commonJS({
  "node_modules/events-universal/default.js"(exports, module) {
    module.exports = __require("events");
  }
});

// node_modules/fast-fifo/fixed-size.js
var require_fixed_size = __commonJS({
  "node_modules/fast-fifo/fixed-size.js"(exports, module) {
    module.exports = class FixedFIFO {
      constructor(hwm) {
        if (!(hwm > 0) || (hwm - 1 & hwm) !== 0) throw new Error("Max size for a FixedFIFO should be a power of two");
        this.buffer = new Array(hwm);
        this.mask = hwm - 1;
        this.top = 0;
        this.btm = 0;
        this.next = null;
      }
      clear() {
        this.top = this.btm = 0;
        this.next = null;
        this.buffer.fill(void 0);
      }
      push(data) {
        if (this.buffer[this.top] !== void 0) return false;
        this.buffer[this.top] = data;
        this.top = this.top + 1 & this.mask;
        return true;
      }
      shift() {
        const last = this.buffer[this.btm];
        if (last === void 0) return void 0;
        this.buffer[this.btm] = void 0;
        this.btm = this.btm + 1 & this.mask;
        return last;
      }
      peek() {
        return this.buffer[this.btm];
      }
      isEmpty() {
        return this.buffer[this.btm] === void 0;
      }
    };
  }
});

// node_modules/fast-fifo/index.js
var require_fast_fifo = __commonJS({
  "node_modules/fast-fifo/index.js"(exports, module) {
    var FixedFIFO = require_fixed_size();
    module.exports = class FastFIFO {
      constructor(hwm) {
        this.hwm = hwm || 16;
        this.head = new FixedFIFO(this.hwm);
        this.tail = this.head;
        this.length = 0;
      }
      clear() {
        this.head = this.tail;
        this.head.clear();
        this.length = 0;
      }
      push(val) {
        this.length++;
        if (!this.head.push(val)) {
          const prev = this.head;
          this.head = prev.next = new FixedFIFO(2 * this.head.buffer.length);
          this.head.push(val);
        }
      }
      shift() {
        if (this.length !== 0) this.length--;
        const val = this.tail.shift();
        if (val === void 0 && this.tail.next) {
          const next = this.tail.next;
          this.tail.next = null;
          this.tail = next;
          return this.tail.shift();
        }
        return val;
      }
      peek() {
        const val = this.tail.peek();
        if (val === void 0 && this.tail.next) return this.tail.next.peek();
        return val;
      }
      isEmpty() {
        return this.length === 0;
      }
    };
  }
});

// node_modules/b4a/index.js
var require_b4a = __commonJS({
  "node_modules/b4a/index.js"(exports, module) {
    function isBuffer(value) {
      return Buffer.isBuffer(value) || value instanceof Uint8Array;
    }
    function isEncoding(encoding) {
      return Buffer.isEncoding(encoding);
    }
    function alloc(size, fill2, encoding) {
      return Buffer.alloc(size, fill2, encoding);
    }
    function allocUnsafe(size) {
      return Buffer.allocUnsafe(size);
    }
    function allocUnsafeSlow(size) {
      return Buffer.allocUnsafeSlow(size);
    }
    function byteLength(string, encoding) {
      return Buffer.byteLength(string, encoding);
    }
    function compare(a, b) {
      return Buffer.compare(a, b);
    }
    function concat(buffers, totalLength) {
      return Buffer.concat(buffers, totalLength);
    }
    function copy(source, target, targetStart, start, end) {
      return toBuffer(source).copy(target, targetStart, start, end);
    }
    function equals(a, b) {
      return toBuffer(a).equals(b);
    }
    function fill(buffer, value, offset, end, encoding) {
      return toBuffer(buffer).fill(value, offset, end, encoding);
    }
    function from(value, encodingOrOffset, length) {
      return Buffer.from(value, encodingOrOffset, length);
    }
    function includes(buffer, value, byteOffset, encoding) {
      return toBuffer(buffer).includes(value, byteOffset, encoding);
    }
    function indexOf(buffer, value, byfeOffset, encoding) {
      return toBuffer(buffer).indexOf(value, byfeOffset, encoding);
    }
    function lastIndexOf(buffer, value, byteOffset, encoding) {
      return toBuffer(buffer).lastIndexOf(value, byteOffset, encoding);
    }
    function swap16(buffer) {
      return toBuffer(buffer).swap16();
    }
    function swap32(buffer) {
      return toBuffer(buffer).swap32();
    }
    function swap64(buffer) {
      return toBuffer(buffer).swap64();
    }
    function toBuffer(buffer) {
      if (Buffer.isBuffer(buffer)) return buffer;
      return Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    }
    function toString(buffer, encoding, start, end) {
      return toBuffer(buffer).toString(encoding, start, end);
    }
    function toHex(buffer, start, end) {
      return toBuffer(buffer).toString("hex", start, end);
    }
    function write(buffer, string, offset, length, encoding) {
      return toBuffer(buffer).write(string, offset, length, encoding);
    }
    function readDoubleBE(buffer, offset) {
      return toBuffer(buffer).readDoubleBE(offset);
    }
    function readDoubleLE(buffer, offset) {
      return toBuffer(buffer).readDoubleLE(offset);
    }
    function readFloatBE(buffer, offset) {
      return toBuffer(buffer).readFloatBE(offset);
    }
    function readFloatLE(buffer, offset) {
      return toBuffer(buffer).readFloatLE(offset);
    }
    function readInt32BE(buffer, offset) {
      return toBuffer(buffer).readInt32BE(offset);
    }
    function readInt32LE(buffer, offset) {
      return toBuffer(buffer).readInt32LE(offset);
    }
    function readUInt32BE(buffer, offset) {
      return toBuffer(buffer).readUInt32BE(offset);
    }
    function readUInt32LE(buffer, offset) {
      return toBuffer(buffer).readUInt32LE(offset);
    }
    function writeDoubleBE(buffer, value, offset) {
      return toBuffer(buffer).writeDoubleBE(value, offset);
    }
    function writeDoubleLE(buffer, value, offset) {
      return toBuffer(buffer).writeDoubleLE(value, offset);
    }
    function writeFloatBE(buffer, value, offset) {
      return toBuffer(buffer).writeFloatBE(value, offset);
    }
    function writeFloatLE(buffer, value, offset) {
      return toBuffer(buffer).writeFloatLE(value, offset);
    }
    function writeInt32BE(buffer, value, offset) {
      return toBuffer(buffer).writeInt32BE(value, offset);
    }
    function writeInt32LE(buffer, value, offset) {
      return toBuffer(buffer).writeInt32LE(value, offset);
    }
    function writeUInt32BE(buffer, value, offset) {
      return toBuffer(buffer).writeUInt32BE(value, offset);
    }
    function writeUInt32LE(buffer, value, offset) {
      return toBuffer(buffer).writeUInt32LE(value, offset);
    }
    module.exports = {
      isBuffer,
      isEncoding,
      alloc,
      allocUnsafe,
      allocUnsafeSlow,
      byteLength,
      compare,
      concat,
      copy,
      equals,
      fill,
      from,
      includes,
      indexOf,
      lastIndexOf,
      swap16,
      swap32,
      swap64,
      toBuffer,
      toString,
      toHex,
      write,
      readDoubleBE,
      readDoubleLE,
      readFloatBE,
      readFloatLE,
      readInt32BE,
      readInt32LE,
      readUInt32BE,
      readUInt32LE,
      writeDoubleBE,
      writeDoubleLE,
      writeFloatBE,
      writeFloatLE,
      writeInt32BE,
      writeInt32LE,
      writeUInt32BE,
      writeUInt32LE
    };
  }
});

// node_modules/text-decoder/lib/pass-through-decoder.js
var require_pass_through_decoder = __commonJS({
  "node_modules/text-decoder/lib/pass-through-decoder.js"(exports, module) {
    var b4a = require_b4a();
    module.exports = class PassThroughDecoder {
      constructor(encoding) {
        this.encoding = encoding;
      }
      get remaining() {
        return 0;
      }
      decode(data) {
        return b4a.toString(data, this.encoding);
      }
      flush() {
        return "";
      }
    };
  }
});

// node_modules/text-decoder/lib/utf8-decoder.js
var require_utf8_decoder = __commonJS({
  "node_modules/text-decoder/lib/utf8-decoder.js"(exports, module) {
    var b4a = require_b4a();
    module.exports = class UTF8Decoder {
      constructor() {
        this._reset();
      }
      get remaining() {
        return this.bytesSeen;
      }
      decode(data) {
        if (data.byteLength === 0) return "";
        if (this.bytesNeeded === 0 && trailingIncomplete(data, 0) === 0) {
          this.bytesSeen = trailingBytesSeen(data);
          return b4a.toString(data, "utf8");
        }
        let result = "";
        let start = 0;
        if (this.bytesNeeded > 0) {
          while (start < data.byteLength) {
            const byte = data[start];
            if (byte < this.lowerBoundary || byte > this.upperBoundary) {
              result += "�";
              this._reset();
              break;
            }
            this.lowerBoundary = 128;
            this.upperBoundary = 191;
            this.codePoint = this.codePoint << 6 | byte & 63;
            this.bytesSeen++;
            start++;
            if (this.bytesSeen === this.bytesNeeded) {
              result += String.fromCodePoint(this.codePoint);
              this._reset();
              break;
            }
          }
          if (this.bytesNeeded > 0) return result;
        }
        const trailing = trailingIncomplete(data, start);
        const end = data.byteLength - trailing;
        if (end > start) result += b4a.toString(data, "utf8", start, end);
        for (let i = end; i < data.byteLength; i++) {
          const byte = data[i];
          if (this.bytesNeeded === 0) {
            if (byte <= 127) {
              this.bytesSeen = 0;
              result += String.fromCharCode(byte);
            } else if (byte >= 194 && byte <= 223) {
              this.bytesNeeded = 2;
              this.bytesSeen = 1;
              this.codePoint = byte & 31;
            } else if (byte >= 224 && byte <= 239) {
              if (byte === 224) this.lowerBoundary = 160;
              else if (byte === 237) this.upperBoundary = 159;
              this.bytesNeeded = 3;
              this.bytesSeen = 1;
              this.codePoint = byte & 15;
            } else if (byte >= 240 && byte <= 244) {
              if (byte === 240) this.lowerBoundary = 144;
              else if (byte === 244) this.upperBoundary = 143;
              this.bytesNeeded = 4;
              this.bytesSeen = 1;
              this.codePoint = byte & 7;
            } else {
              this.bytesSeen = 1;
              result += "�";
            }
            continue;
          }
          if (byte < this.lowerBoundary || byte > this.upperBoundary) {
            result += "�";
            i--;
            this._reset();
            continue;
          }
          this.lowerBoundary = 128;
          this.upperBoundary = 191;
          this.codePoint = this.codePoint << 6 | byte & 63;
          this.bytesSeen++;
          if (this.bytesSeen === this.bytesNeeded) {
            result += String.fromCodePoint(this.codePoint);
            this._reset();
          }
        }
        return result;
      }
      flush() {
        const result = this.bytesNeeded > 0 ? "�" : "";
        this._reset();
        return result;
      }
      _reset() {
        this.codePoint = 0;
        this.bytesNeeded = 0;
        this.bytesSeen = 0;
        this.lowerBoundary = 128;
        this.upperBoundary = 191;
      }
    };
    function trailingIncomplete(data, start) {
      const len = data.byteLength;
      if (len <= start) return 0;
      const limit = Math.max(start, len - 4);
      let i = len - 1;
      while (i > limit && (data[i] & 192) === 128) i--;
      if (i < start) return 0;
      const byte = data[i];
      let needed;
      if (byte <= 127) return 0;
      if (byte >= 194 && byte <= 223) needed = 2;
      else if (byte >= 224 && byte <= 239) needed = 3;
      else if (byte >= 240 && byte <= 244) needed = 4;
      else return 0;
      const available = len - i;
      return available < needed ? available : 0;
    }
    function trailingBytesSeen(data) {
      const len = data.byteLength;
      if (len === 0) return 0;
      const last = data[len - 1];
      if (last <= 127) return 0;
      if ((last & 192) !== 128) return 1;
      const limit = Math.max(0, len - 4);
      let i = len - 2;
      while (i >= limit && (data[i] & 192) === 128) i--;
      if (i < 0) return 1;
      const first = data[i];
      let needed;
      if (first >= 194 && first <= 223) needed = 2;
      else if (first >= 224 && first <= 239) needed = 3;
      else if (first >= 240 && first <= 244) needed = 4;
      else return 1;
      if (len - i !== needed) return 1;
      if (needed >= 3) {
        const second = data[i + 1];
        if (first === 224 && second < 160) return 1;
        if (first === 237 && second > 159) return 1;
        if (first === 240 && second < 144) return 1;
        if (first === 244 && second > 143) return 1;
      }
      return 0;
    }
  }
});

// node_modules/text-decoder/index.js
var require_text_decoder = __commonJS({
  "node_modules/text-decoder/index.js"(exports, module) {
    var PassThroughDecoder = require_pass_through_decoder();
    var UTF8Decoder = require_utf8_decoder();
    module.exports = class TextDecoder {
      constructor(encoding = "utf8") {
        this.encoding = normalizeEncoding(encoding);
        switch (this.encoding) {
          case "utf8":
            this.decoder = new UTF8Decoder();
            break;
          case "utf16le":
          case "base64":
            throw new Error("Unsupported encoding: " + this.encoding);
          default:
            this.decoder = new PassThroughDecoder(this.encoding);
        }
      }
      get remaining() {
        return this.decoder.remaining;
      }
      push(data) {
        if (typeof data === "string") return data;
        return this.decoder.decode(data);
      }
      // For Node.js compatibility
      write(data) {
        return this.push(data);
      }
      end(data) {
        let result = "";
        if (data) result = this.push(data);
        result += this.decoder.flush();
        return result;
      }
    };
    function normalizeEncoding(encoding) {
      encoding = encoding.toLowerCase();
      switch (encoding) {
        case "utf8":
        case "utf-8":
          return "utf8";
        case "ucs2":
        case "ucs-2":
        case "utf16le":
        case "utf-16le":
          return "utf16le";
        case "latin1":
        case "binary":
          return "latin1";
        case "base64":
        case "ascii":
        case "hex":
          return encoding;
        default:
          throw new Error("Unknown encoding: " + encoding);
      }
    }
  }
});

// node_modules/streamx/lib/errors.js
var require_errors = __commonJS({
  "node_modules/streamx/lib/errors.js"(exports, module) {
    module.exports = class StreamError extends Error {
      constructor(msg, code2, fn = StreamError) {
        super(msg);
        this.code = code2;
        if (Error.captureStackTrace) {
          Error.captureStackTrace(this, fn);
        }
      }
      static isStreamDestroyed(err) {
        return err && err.code === "STREAM_DESTROYED";
      }
      static isPrematureClose(err) {
        return err && err.code === "PREMATURE_CLOSE";
      }
      static isAborted(err) {
        return err && err.code === "ABORTED";
      }
      static isBadArgument(err) {
        return err && err.code === "BAD_ARGUMENT";
      }
      get name() {
        return "StreamError";
      }
      static STREAM_DESTROYED() {
        return new StreamError("Stream was destroyed", "STREAM_DESTROYED", StreamError.STREAM_DESTROYED);
      }
      static PREMATURE_CLOSE(msg = "Premature close") {
        return new StreamError(msg, "PREMATURE_CLOSE", StreamError.PREMATURE_CLOSE);
      }
      static ABORTED() {
        return new StreamError("Stream aborted", "ABORTED", StreamError.ABORTED);
      }
      static BAD_ARGUMENT(msg = "Bad argument") {
        return new StreamError(msg, "BAD_ARGUMENT", StreamError.BAD_ARGUMENT);
      }
    };
  }
});

// node_modules/streamx/index.js
var require_streamx = __commonJS({
  "node_modules/streamx/index.js"(exports, module) {
    var { EventEmitter } = require_default();
    var FIFO = require_fast_fifo();
    var TextDecoder2 = require_text_decoder();
    var StreamError = require_errors();
    var qmt = typeof queueMicrotask === "undefined" ? (fn) => global.process.nextTick(fn) : queueMicrotask;
    var MAX = (1 << 29) - 1;
    var OPENING = 1;
    var PREDESTROYING = 2;
    var DESTROYING = 4;
    var DESTROYED = 8;
    var NOT_OPENING = MAX ^ OPENING;
    var NOT_PREDESTROYING = MAX ^ PREDESTROYING;
    var READ_ACTIVE = 1 << 4;
    var READ_UPDATING = 2 << 4;
    var READ_PRIMARY = 4 << 4;
    var READ_QUEUED = 8 << 4;
    var READ_RESUMED = 16 << 4;
    var READ_PIPE_DRAINED = 32 << 4;
    var READ_ENDING = 64 << 4;
    var READ_EMIT_DATA = 128 << 4;
    var READ_EMIT_READABLE = 256 << 4;
    var READ_EMITTED_READABLE = 512 << 4;
    var READ_DONE = 1024 << 4;
    var READ_NEXT_TICK = 2048 << 4;
    var READ_NEEDS_PUSH = 4096 << 4;
    var READ_READ_AHEAD = 8192 << 4;
    var READ_FLOWING = READ_RESUMED | READ_PIPE_DRAINED;
    var READ_ACTIVE_AND_NEEDS_PUSH = READ_ACTIVE | READ_NEEDS_PUSH;
    var READ_PRIMARY_AND_ACTIVE = READ_PRIMARY | READ_ACTIVE;
    var READ_EMIT_READABLE_AND_QUEUED = READ_EMIT_READABLE | READ_QUEUED;
    var READ_RESUMED_READ_AHEAD = READ_RESUMED | READ_READ_AHEAD;
    var READ_NOT_ACTIVE = MAX ^ READ_ACTIVE;
    var READ_NON_PRIMARY = MAX ^ READ_PRIMARY;
    var READ_NON_PRIMARY_AND_PUSHED = MAX ^ (READ_PRIMARY | READ_NEEDS_PUSH);
    var READ_PUSHED = MAX ^ READ_NEEDS_PUSH;
    var READ_PAUSED = MAX ^ READ_RESUMED;
    var READ_NOT_QUEUED = MAX ^ (READ_QUEUED | READ_EMITTED_READABLE);
    var READ_NOT_ENDING = MAX ^ READ_ENDING;
    var READ_PIPE_NOT_DRAINED = MAX ^ READ_FLOWING;
    var READ_NOT_NEXT_TICK = MAX ^ READ_NEXT_TICK;
    var READ_NOT_UPDATING = MAX ^ READ_UPDATING;
    var READ_NO_READ_AHEAD = MAX ^ READ_READ_AHEAD;
    var READ_PAUSED_NO_READ_AHEAD = MAX ^ READ_RESUMED_READ_AHEAD;
    var WRITE_ACTIVE = 1 << 18;
    var WRITE_UPDATING = 2 << 18;
    var WRITE_PRIMARY = 4 << 18;
    var WRITE_QUEUED = 8 << 18;
    var WRITE_UNDRAINED = 16 << 18;
    var WRITE_DONE = 32 << 18;
    var WRITE_EMIT_DRAIN = 64 << 18;
    var WRITE_NEXT_TICK = 128 << 18;
    var WRITE_WRITING = 256 << 18;
    var WRITE_FINISHING = 512 << 18;
    var WRITE_CORKED = 1024 << 18;
    var WRITE_NOT_ACTIVE = MAX ^ (WRITE_ACTIVE | WRITE_WRITING);
    var WRITE_NON_PRIMARY = MAX ^ WRITE_PRIMARY;
    var WRITE_NOT_FINISHING = MAX ^ (WRITE_ACTIVE | WRITE_FINISHING);
    var WRITE_DRAINED = MAX ^ WRITE_UNDRAINED;
    var WRITE_NOT_QUEUED = MAX ^ WRITE_QUEUED;
    var WRITE_NOT_NEXT_TICK = MAX ^ WRITE_NEXT_TICK;
    var WRITE_NOT_UPDATING = MAX ^ WRITE_UPDATING;
    var WRITE_NOT_CORKED = MAX ^ WRITE_CORKED;
    var ACTIVE = READ_ACTIVE | WRITE_ACTIVE;
    var NOT_ACTIVE = MAX ^ ACTIVE;
    var DONE = READ_DONE | WRITE_DONE;
    var DESTROY_STATUS = DESTROYING | DESTROYED | PREDESTROYING;
    var OPEN_STATUS = DESTROY_STATUS | OPENING;
    var AUTO_DESTROY = DESTROY_STATUS | DONE;
    var NON_PRIMARY = WRITE_NON_PRIMARY & READ_NON_PRIMARY;
    var ACTIVE_OR_TICKING = WRITE_NEXT_TICK | READ_NEXT_TICK;
    var TICKING = ACTIVE_OR_TICKING & NOT_ACTIVE;
    var IS_OPENING = OPEN_STATUS | TICKING;
    var READ_PRIMARY_STATUS = OPEN_STATUS | READ_ENDING | READ_DONE;
    var READ_STATUS = OPEN_STATUS | READ_DONE | READ_QUEUED;
    var READ_ENDING_STATUS = OPEN_STATUS | READ_ENDING | READ_QUEUED;
    var READ_READABLE_STATUS = OPEN_STATUS | READ_EMIT_READABLE | READ_QUEUED | READ_EMITTED_READABLE;
    var SHOULD_NOT_READ = OPEN_STATUS | READ_ACTIVE | READ_ENDING | READ_DONE | READ_NEEDS_PUSH | READ_READ_AHEAD;
    var READ_BACKPRESSURE_STATUS = DESTROY_STATUS | READ_ENDING | READ_DONE;
    var READ_UPDATE_SYNC_STATUS = READ_UPDATING | OPEN_STATUS | READ_NEXT_TICK | READ_PRIMARY;
    var READ_NEXT_TICK_OR_OPENING = READ_NEXT_TICK | OPENING;
    var WRITE_PRIMARY_STATUS = OPEN_STATUS | WRITE_FINISHING | WRITE_DONE;
    var WRITE_QUEUED_AND_UNDRAINED = WRITE_QUEUED | WRITE_UNDRAINED;
    var WRITE_QUEUED_AND_ACTIVE = WRITE_QUEUED | WRITE_ACTIVE;
    var WRITE_DRAIN_STATUS = WRITE_QUEUED | WRITE_UNDRAINED | OPEN_STATUS | WRITE_ACTIVE;
    var WRITE_STATUS = OPEN_STATUS | WRITE_ACTIVE | WRITE_QUEUED | WRITE_CORKED;
    var WRITE_PRIMARY_AND_ACTIVE = WRITE_PRIMARY | WRITE_ACTIVE;
    var WRITE_ACTIVE_AND_WRITING = WRITE_ACTIVE | WRITE_WRITING;
    var WRITE_FINISHING_STATUS = OPEN_STATUS | WRITE_FINISHING | WRITE_QUEUED_AND_ACTIVE | WRITE_DONE;
    var WRITE_BACKPRESSURE_STATUS = WRITE_UNDRAINED | DESTROY_STATUS | WRITE_FINISHING | WRITE_DONE;
    var WRITE_UPDATE_SYNC_STATUS = WRITE_UPDATING | OPEN_STATUS | WRITE_NEXT_TICK | WRITE_PRIMARY;
    var WRITE_DROP_DATA = WRITE_FINISHING | WRITE_DONE | DESTROY_STATUS;
    var asyncIterator = Symbol.asyncIterator || /* @__PURE__ */ Symbol("asyncIterator");
    var WritableState = class {
      constructor(stream, { highWaterMark = 16384, map = null, mapWritable, byteLength, byteLengthWritable } = {}) {
        this.stream = stream;
        this.queue = new FIFO();
        this.highWaterMark = highWaterMark;
        this.buffered = 0;
        this.error = null;
        this.pipeline = null;
        this.drains = null;
        this.byteLength = byteLengthWritable || byteLength || defaultByteLength;
        this.map = mapWritable || map;
        this.afterWrite = afterWrite.bind(this);
        this.afterUpdateNextTick = updateWriteNT.bind(this);
      }
      get ending() {
        return (this.stream._duplexState & WRITE_FINISHING) !== 0;
      }
      get ended() {
        return (this.stream._duplexState & WRITE_DONE) !== 0;
      }
      push(data) {
        if ((this.stream._duplexState & WRITE_DROP_DATA) !== 0) return false;
        if (this.map !== null) data = this.map(data);
        this.buffered += this.byteLength(data);
        this.queue.push(data);
        if (this.buffered < this.highWaterMark) {
          this.stream._duplexState |= WRITE_QUEUED;
          return true;
        }
        this.stream._duplexState |= WRITE_QUEUED_AND_UNDRAINED;
        return false;
      }
      shift() {
        const data = this.queue.shift();
        this.buffered -= this.byteLength(data);
        if (this.buffered === 0) this.stream._duplexState &= WRITE_NOT_QUEUED;
        return data;
      }
      end(data) {
        if (typeof data === "function") {
          this.stream.once("finish", data);
        } else if (data !== void 0 && data !== null) {
          this.push(data);
        }
        this.stream._duplexState = (this.stream._duplexState | WRITE_FINISHING) & WRITE_NON_PRIMARY;
      }
      autoBatch(data, cb) {
        const buffer = [];
        const stream = this.stream;
        buffer.push(data);
        while ((stream._duplexState & WRITE_STATUS) === WRITE_QUEUED_AND_ACTIVE) {
          buffer.push(stream._writableState.shift());
        }
        if ((stream._duplexState & OPEN_STATUS) !== 0) return cb(null);
        stream._writev(buffer, cb);
      }
      update() {
        const stream = this.stream;
        stream._duplexState |= WRITE_UPDATING;
        do {
          while ((stream._duplexState & WRITE_STATUS) === WRITE_QUEUED) {
            const data = this.shift();
            stream._duplexState |= WRITE_ACTIVE_AND_WRITING;
            stream._write(data, this.afterWrite);
          }
          if ((stream._duplexState & WRITE_PRIMARY_AND_ACTIVE) === 0) this.updateNonPrimary();
        } while (this.continueUpdate() === true);
        stream._duplexState &= WRITE_NOT_UPDATING;
      }
      updateNonPrimary() {
        const stream = this.stream;
        if ((stream._duplexState & WRITE_FINISHING_STATUS) === WRITE_FINISHING) {
          stream._duplexState = stream._duplexState | WRITE_ACTIVE;
          stream._final(afterFinal.bind(this));
          return;
        }
        if ((stream._duplexState & DESTROY_STATUS) === DESTROYING) {
          if ((stream._duplexState & ACTIVE_OR_TICKING) === 0) {
            stream._duplexState |= ACTIVE;
            stream._destroy(afterDestroy.bind(this));
          }
          return;
        }
        if ((stream._duplexState & IS_OPENING) === OPENING) {
          stream._duplexState = (stream._duplexState | ACTIVE) & NOT_OPENING;
          stream._open(afterOpen.bind(this));
        }
      }
      continueUpdate() {
        if ((this.stream._duplexState & WRITE_NEXT_TICK) === 0) return false;
        this.stream._duplexState &= WRITE_NOT_NEXT_TICK;
        return true;
      }
      updateCallback() {
        if ((this.stream._duplexState & WRITE_UPDATE_SYNC_STATUS) === WRITE_PRIMARY) {
          this.update();
        } else {
          this.updateNextTick();
        }
      }
      updateNextTick() {
        if ((this.stream._duplexState & WRITE_NEXT_TICK) !== 0) return;
        this.stream._duplexState |= WRITE_NEXT_TICK;
        if ((this.stream._duplexState & WRITE_UPDATING) === 0) qmt(this.afterUpdateNextTick);
      }
    };
    var ReadableState = class {
      constructor(stream, { highWaterMark = 16384, map = null, mapReadable, byteLength, byteLengthReadable } = {}) {
        this.stream = stream;
        this.queue = new FIFO();
        this.highWaterMark = highWaterMark === 0 ? 1 : highWaterMark;
        this.buffered = 0;
        this.readAhead = highWaterMark > 0;
        this.error = null;
        this.pipeline = null;
        this.byteLength = byteLengthReadable || byteLength || defaultByteLength;
        this.map = mapReadable || map;
        this.pipeTo = null;
        this.afterRead = afterRead.bind(this);
        this.afterUpdateNextTick = updateReadNT.bind(this);
      }
      get ending() {
        return (this.stream._duplexState & READ_ENDING) !== 0;
      }
      get ended() {
        return (this.stream._duplexState & READ_DONE) !== 0;
      }
      pipe(pipeTo, cb) {
        if (this.pipeTo !== null) throw StreamError.BAD_ARGUMENT("Can only pipe to one destination");
        if (typeof cb !== "function") cb = null;
        this.stream._duplexState |= READ_PIPE_DRAINED;
        this.pipeTo = pipeTo;
        this.pipeline = new Pipeline(this.stream, pipeTo, cb);
        if (cb) this.stream.on("error", noop);
        if (isStreamx(pipeTo)) {
          pipeTo._writableState.pipeline = this.pipeline;
          if (cb) pipeTo.on("error", noop);
          pipeTo.on("finish", this.pipeline.finished.bind(this.pipeline));
        } else {
          const onerror = this.pipeline.done.bind(this.pipeline, pipeTo);
          const onclose = this.pipeline.done.bind(this.pipeline, pipeTo, null);
          pipeTo.on("error", onerror);
          pipeTo.on("close", onclose);
          pipeTo.on("finish", this.pipeline.finished.bind(this.pipeline));
        }
        pipeTo.on("drain", afterDrain.bind(this));
        this.stream.emit("piping", pipeTo);
        pipeTo.emit("pipe", this.stream);
      }
      push(data) {
        const stream = this.stream;
        if (data === null) {
          this.highWaterMark = 0;
          stream._duplexState = (stream._duplexState | READ_ENDING) & READ_NON_PRIMARY_AND_PUSHED;
          return false;
        }
        if (this.map !== null) {
          data = this.map(data);
          if (data === null) {
            stream._duplexState &= READ_PUSHED;
            return this.buffered < this.highWaterMark;
          }
        }
        this.buffered += this.byteLength(data);
        this.queue.push(data);
        stream._duplexState = (stream._duplexState | READ_QUEUED) & READ_PUSHED;
        return this.buffered < this.highWaterMark;
      }
      shift() {
        const data = this.queue.shift();
        this.buffered -= this.byteLength(data);
        if (this.buffered === 0) {
          this.stream._duplexState &= READ_NOT_QUEUED;
        }
        return data;
      }
      unshift(data) {
        const pending = [this.map !== null ? this.map(data) : data];
        while (this.buffered > 0) pending.push(this.shift());
        for (let i = 0; i < pending.length - 1; i++) {
          const data2 = pending[i];
          this.buffered += this.byteLength(data2);
          this.queue.push(data2);
        }
        this.push(pending[pending.length - 1]);
      }
      read() {
        const stream = this.stream;
        if ((stream._duplexState & READ_STATUS) === READ_QUEUED) {
          const data = this.shift();
          if (this.pipeTo !== null && this.pipeTo.write(data) === false) {
            stream._duplexState &= READ_PIPE_NOT_DRAINED;
          }
          if ((stream._duplexState & READ_EMIT_DATA) !== 0) {
            stream.emit("data", data);
          }
          return data;
        }
        if (this.readAhead === false) {
          stream._duplexState |= READ_READ_AHEAD;
          this.updateNextTick();
        }
        return null;
      }
      drain() {
        const stream = this.stream;
        while ((stream._duplexState & READ_STATUS) === READ_QUEUED && (stream._duplexState & READ_FLOWING) !== 0) {
          const data = this.shift();
          if (this.pipeTo !== null && this.pipeTo.write(data) === false) {
            stream._duplexState &= READ_PIPE_NOT_DRAINED;
          }
          if ((stream._duplexState & READ_EMIT_DATA) !== 0) {
            stream.emit("data", data);
          }
        }
      }
      update() {
        const stream = this.stream;
        stream._duplexState |= READ_UPDATING;
        do {
          this.drain();
          while (this.buffered < this.highWaterMark && (stream._duplexState & SHOULD_NOT_READ) === READ_READ_AHEAD) {
            stream._duplexState |= READ_ACTIVE_AND_NEEDS_PUSH;
            stream._read(this.afterRead);
            this.drain();
          }
          if ((stream._duplexState & READ_READABLE_STATUS) === READ_EMIT_READABLE_AND_QUEUED) {
            stream._duplexState |= READ_EMITTED_READABLE;
            stream.emit("readable");
          }
          if ((stream._duplexState & READ_PRIMARY_AND_ACTIVE) === 0) {
            this.updateNonPrimary();
          }
        } while (this.continueUpdate() === true);
        stream._duplexState &= READ_NOT_UPDATING;
      }
      updateNonPrimary() {
        const stream = this.stream;
        if ((stream._duplexState & READ_ENDING_STATUS) === READ_ENDING) {
          stream._duplexState = (stream._duplexState | READ_DONE) & READ_NOT_ENDING;
          stream.emit("end");
          if ((stream._duplexState & AUTO_DESTROY) === DONE) {
            stream._duplexState |= DESTROYING;
          }
          if (this.pipeTo !== null) {
            this.pipeTo.end();
          }
        }
        if ((stream._duplexState & DESTROY_STATUS) === DESTROYING) {
          if ((stream._duplexState & ACTIVE_OR_TICKING) === 0) {
            stream._duplexState |= ACTIVE;
            stream._destroy(afterDestroy.bind(this));
          }
          return;
        }
        if ((stream._duplexState & IS_OPENING) === OPENING) {
          stream._duplexState = (stream._duplexState | ACTIVE) & NOT_OPENING;
          stream._open(afterOpen.bind(this));
        }
      }
      continueUpdate() {
        if ((this.stream._duplexState & READ_NEXT_TICK) === 0) return false;
        this.stream._duplexState &= READ_NOT_NEXT_TICK;
        return true;
      }
      updateCallback() {
        if ((this.stream._duplexState & READ_UPDATE_SYNC_STATUS) === READ_PRIMARY) {
          this.update();
        } else {
          this.updateNextTick();
        }
      }
      updateNextTickIfOpen() {
        if ((this.stream._duplexState & READ_NEXT_TICK_OR_OPENING) !== 0) return;
        this.stream._duplexState |= READ_NEXT_TICK;
        if ((this.stream._duplexState & READ_UPDATING) === 0) qmt(this.afterUpdateNextTick);
      }
      updateNextTick() {
        if ((this.stream._duplexState & READ_NEXT_TICK) !== 0) return;
        this.stream._duplexState |= READ_NEXT_TICK;
        if ((this.stream._duplexState & READ_UPDATING) === 0) qmt(this.afterUpdateNextTick);
      }
    };
    var TransformState = class {
      constructor(stream) {
        this.data = null;
        this.afterTransform = afterTransform.bind(stream);
        this.afterFinal = null;
      }
    };
    var Pipeline = class {
      constructor(src, dst, cb) {
        this.from = src;
        this.to = dst;
        this.afterPipe = cb;
        this.error = null;
        this.pipeToFinished = false;
      }
      finished() {
        this.pipeToFinished = true;
      }
      done(stream, err) {
        if (err) this.error = err;
        if (stream === this.to) {
          this.to = null;
          if (this.from !== null) {
            if ((this.from._duplexState & READ_DONE) === 0 || !this.pipeToFinished) {
              this.from.destroy(this.error || StreamError.PREMATURE_CLOSE("Writable stream closed"));
            }
            return;
          }
        }
        if (stream === this.from) {
          this.from = null;
          if (this.to !== null) {
            if ((stream._duplexState & READ_DONE) === 0) {
              this.to.destroy(this.error || StreamError.PREMATURE_CLOSE("Readable stream closed"));
            }
            return;
          }
        }
        if (this.afterPipe !== null) this.afterPipe(this.error);
        this.to = this.from = this.afterPipe = null;
      }
    };
    function afterDrain() {
      this.stream._duplexState |= READ_PIPE_DRAINED;
      this.updateCallback();
    }
    function afterFinal(err) {
      const stream = this.stream;
      if (err) stream.destroy(err);
      if ((stream._duplexState & DESTROY_STATUS) === 0) {
        stream._duplexState |= WRITE_DONE;
        stream.emit("finish");
      }
      if ((stream._duplexState & AUTO_DESTROY) === DONE) {
        stream._duplexState |= DESTROYING;
      }
      stream._duplexState &= WRITE_NOT_FINISHING;
      if ((stream._duplexState & WRITE_UPDATING) === 0) {
        this.update();
      } else {
        this.updateNextTick();
      }
    }
    function afterDestroy(err) {
      const stream = this.stream;
      if (!err && !StreamError.isStreamDestroyed(this.error)) err = this.error;
      if (err) stream.emit("error", err);
      stream._duplexState |= DESTROYED;
      stream.emit("close");
      const rs = stream._readableState;
      const ws = stream._writableState;
      if (rs !== null && rs.pipeline !== null) {
        rs.pipeline.done(stream, err);
      }
      if (ws !== null) {
        while (ws.drains !== null && ws.drains.length > 0) {
          ws.drains.shift().resolve(false);
        }
        if (ws.pipeline !== null) {
          ws.pipeline.done(stream, err);
        }
      }
    }
    function afterWrite(err) {
      const stream = this.stream;
      if (err) stream.destroy(err);
      stream._duplexState &= WRITE_NOT_ACTIVE;
      if (this.drains !== null) tickDrains(this.drains);
      if ((stream._duplexState & WRITE_DRAIN_STATUS) === WRITE_UNDRAINED) {
        stream._duplexState &= WRITE_DRAINED;
        if ((stream._duplexState & WRITE_EMIT_DRAIN) === WRITE_EMIT_DRAIN) {
          stream.emit("drain");
        }
      }
      this.updateCallback();
    }
    function afterRead(err) {
      if (err) this.stream.destroy(err);
      this.stream._duplexState &= READ_NOT_ACTIVE;
      if (this.readAhead === false && (this.stream._duplexState & READ_RESUMED) === 0) {
        this.stream._duplexState &= READ_NO_READ_AHEAD;
      }
      this.updateCallback();
    }
    function updateReadNT() {
      if ((this.stream._duplexState & READ_UPDATING) === 0) {
        this.stream._duplexState &= READ_NOT_NEXT_TICK;
        this.update();
      }
    }
    function updateWriteNT() {
      if ((this.stream._duplexState & WRITE_UPDATING) === 0) {
        this.stream._duplexState &= WRITE_NOT_NEXT_TICK;
        this.update();
      }
    }
    function tickDrains(drains) {
      for (let i = 0; i < drains.length; i++) {
        if (--drains[i].writes === 0) {
          drains.shift().resolve(true);
          i--;
        }
      }
    }
    function afterOpen(err) {
      const stream = this.stream;
      if (err) stream.destroy(err);
      if ((stream._duplexState & DESTROYING) === 0) {
        if ((stream._duplexState & READ_PRIMARY_STATUS) === 0) {
          stream._duplexState |= READ_PRIMARY;
        }
        if ((stream._duplexState & WRITE_PRIMARY_STATUS) === 0) {
          stream._duplexState |= WRITE_PRIMARY;
        }
        stream.emit("open");
      }
      stream._duplexState &= NOT_ACTIVE;
      if (stream._writableState !== null) {
        stream._writableState.updateCallback();
      }
      if (stream._readableState !== null) {
        stream._readableState.updateCallback();
      }
    }
    function afterTransform(err, data) {
      if (data !== void 0 && data !== null) this.push(data);
      this._writableState.afterWrite(err);
    }
    function newListener(name) {
      if (this._readableState !== null) {
        if (name === "data") {
          this._duplexState |= READ_EMIT_DATA | READ_RESUMED_READ_AHEAD;
          this._readableState.updateNextTick();
        }
        if (name === "readable") {
          this._duplexState |= READ_EMIT_READABLE;
          this._readableState.updateNextTick();
        }
      }
      if (this._writableState !== null) {
        if (name === "drain") {
          this._duplexState |= WRITE_EMIT_DRAIN;
          this._writableState.updateNextTick();
        }
      }
    }
    var Stream = class extends EventEmitter {
      constructor(opts) {
        super();
        this._duplexState = 0;
        this._readableState = null;
        this._writableState = null;
        if (opts) {
          if (opts.open) this._open = opts.open;
          if (opts.destroy) this._destroy = opts.destroy;
          if (opts.predestroy) this._predestroy = opts.predestroy;
          if (opts.signal) opts.signal.addEventListener("abort", abort.bind(this));
        }
        this.on("newListener", newListener);
      }
      _open(cb) {
        cb(null);
      }
      _destroy(cb) {
        cb(null);
      }
      _predestroy() {
      }
      get readable() {
        return this._readableState !== null ? true : void 0;
      }
      get writable() {
        return this._writableState !== null ? true : void 0;
      }
      get destroyed() {
        return (this._duplexState & DESTROYED) !== 0;
      }
      get destroying() {
        return (this._duplexState & DESTROY_STATUS) !== 0;
      }
      destroy(err) {
        if ((this._duplexState & DESTROY_STATUS) === 0) {
          if (!err) err = StreamError.STREAM_DESTROYED();
          this._duplexState = (this._duplexState | DESTROYING) & NON_PRIMARY;
          if (this._readableState !== null) {
            this._readableState.highWaterMark = 0;
            this._readableState.error = err;
          }
          if (this._writableState !== null) {
            this._writableState.highWaterMark = 0;
            this._writableState.error = err;
          }
          this._duplexState |= PREDESTROYING;
          this._predestroy();
          this._duplexState &= NOT_PREDESTROYING;
          if (this._readableState !== null) {
            this._readableState.updateNextTick();
          }
          if (this._writableState !== null) {
            this._writableState.updateNextTick();
          }
        }
      }
    };
    var Readable = class _Readable extends Stream {
      constructor(opts) {
        super(opts);
        this._duplexState |= OPENING | WRITE_DONE | READ_READ_AHEAD;
        this._readableState = new ReadableState(this, opts);
        if (opts) {
          if (this._readableState.readAhead === false) this._duplexState &= READ_NO_READ_AHEAD;
          if (opts.read) this._read = opts.read;
          if (opts.eagerOpen) this._readableState.updateNextTick();
          if (opts.encoding) this.setEncoding(opts.encoding);
        }
      }
      static deferred(fn, opts) {
        const out = new PassThrough(opts);
        fn().then((src) => {
          if (src === null) return out.end();
          if (out.destroying) return;
          pipeline2(src, out, noop);
        }).catch((err) => out.destroy(err));
        return out;
      }
      setEncoding(encoding) {
        const dec = new TextDecoder2(encoding);
        const map = this._readableState.map || echo;
        this._readableState.map = mapOrSkip;
        return this;
        function mapOrSkip(data) {
          const next = dec.push(data);
          return next === "" && (data.byteLength !== 0 || dec.remaining > 0) ? null : map(next);
        }
      }
      _read(cb) {
        cb(null);
      }
      pipe(dest, cb) {
        this._readableState.updateNextTick();
        this._readableState.pipe(dest, cb);
        return dest;
      }
      read() {
        this._readableState.updateNextTick();
        return this._readableState.read();
      }
      push(data) {
        this._readableState.updateNextTickIfOpen();
        return this._readableState.push(data);
      }
      unshift(data) {
        this._readableState.updateNextTickIfOpen();
        return this._readableState.unshift(data);
      }
      resume() {
        this._duplexState |= READ_RESUMED_READ_AHEAD;
        this._readableState.updateNextTick();
        return this;
      }
      pause() {
        this._duplexState &= this._readableState.readAhead === false ? READ_PAUSED_NO_READ_AHEAD : READ_PAUSED;
        return this;
      }
      static _fromAsyncIterator(ite, opts) {
        let destroy;
        const rs = new _Readable({
          ...opts,
          read(cb) {
            ite.next().then(push).then(cb.bind(null, null)).catch(cb);
          },
          predestroy() {
            destroy = ite.return();
          },
          destroy(cb) {
            if (!destroy) return cb(null);
            destroy.then(cb.bind(null, null)).catch(cb);
          }
        });
        return rs;
        function push(data) {
          if (data.done) rs.push(null);
          else rs.push(data.value);
        }
      }
      static from(data, opts) {
        if (isReadStreamx(data)) return data;
        if (data[asyncIterator]) return this._fromAsyncIterator(data[asyncIterator](), opts);
        if (!Array.isArray(data)) data = data === void 0 ? [] : [data];
        let i = 0;
        return new _Readable({
          ...opts,
          read(cb) {
            this.push(i === data.length ? null : data[i++]);
            cb(null);
          }
        });
      }
      static isBackpressured(rs) {
        return (rs._duplexState & READ_BACKPRESSURE_STATUS) !== 0 || rs._readableState.buffered >= rs._readableState.highWaterMark;
      }
      static isPaused(rs) {
        return (rs._duplexState & READ_RESUMED) === 0;
      }
      [asyncIterator]() {
        const stream = this;
        let error = null;
        let promiseResolve = null;
        let promiseReject = null;
        this.on("error", (err) => {
          error = err;
        });
        this.on("readable", onreadable);
        this.on("close", onclose);
        return {
          [asyncIterator]() {
            return this;
          },
          next() {
            return new Promise(function(resolve, reject) {
              promiseResolve = resolve;
              promiseReject = reject;
              const data = stream.read();
              if (data !== null) ondata(data);
              else if ((stream._duplexState & DESTROYED) !== 0) ondata(null);
            });
          },
          return() {
            return destroy(null);
          },
          throw(err) {
            return destroy(err);
          }
        };
        function onreadable() {
          if (promiseResolve !== null) ondata(stream.read());
        }
        function onclose() {
          if (promiseResolve !== null) ondata(null);
        }
        function ondata(data) {
          if (promiseReject === null) return;
          if (error) {
            promiseReject(error);
          } else if (data === null && (stream._duplexState & READ_DONE) === 0) {
            promiseReject(StreamError.STREAM_DESTROYED());
          } else {
            promiseResolve({ value: data, done: data === null });
          }
          promiseReject = promiseResolve = null;
        }
        function destroy(err) {
          stream.destroy(err);
          return new Promise((resolve, reject) => {
            if (stream._duplexState & DESTROYED) return resolve({ value: void 0, done: true });
            stream.once("close", function() {
              if (err) reject(err);
              else resolve({ value: void 0, done: true });
            });
          });
        }
      }
    };
    var Writable = class extends Stream {
      constructor(opts) {
        super(opts);
        this._duplexState |= OPENING | READ_DONE;
        this._writableState = new WritableState(this, opts);
        if (opts) {
          if (opts.writev) this._writev = opts.writev;
          if (opts.write) this._write = opts.write;
          if (opts.final) this._final = opts.final;
          if (opts.eagerOpen) this._writableState.updateNextTick();
        }
      }
      cork() {
        this._duplexState |= WRITE_CORKED;
      }
      uncork() {
        this._duplexState &= WRITE_NOT_CORKED;
        this._writableState.updateNextTick();
      }
      _writev(batch, cb) {
        cb(null);
      }
      _write(data, cb) {
        this._writableState.autoBatch(data, cb);
      }
      _final(cb) {
        cb(null);
      }
      static isBackpressured(ws) {
        return (ws._duplexState & WRITE_BACKPRESSURE_STATUS) !== 0;
      }
      static drained(ws) {
        if (ws.destroyed) return Promise.resolve(false);
        const state = ws._writableState;
        const pending = isWritev(ws) ? Math.min(1, state.queue.length) : state.queue.length;
        const writes = pending + (ws._duplexState & WRITE_WRITING ? 1 : 0);
        if (writes === 0) return Promise.resolve(true);
        if (state.drains === null) state.drains = [];
        return new Promise((resolve) => {
          state.drains.push({ writes, resolve });
        });
      }
      write(data) {
        this._writableState.updateNextTick();
        return this._writableState.push(data);
      }
      end(data) {
        this._writableState.updateNextTick();
        this._writableState.end(data);
        return this;
      }
    };
    var Duplex = class extends Readable {
      // and Writable
      constructor(opts) {
        super(opts);
        this._duplexState = OPENING | this._duplexState & READ_READ_AHEAD;
        this._writableState = new WritableState(this, opts);
        if (opts) {
          if (opts.writev) this._writev = opts.writev;
          if (opts.write) this._write = opts.write;
          if (opts.final) this._final = opts.final;
        }
      }
      cork() {
        this._duplexState |= WRITE_CORKED;
      }
      uncork() {
        this._duplexState &= WRITE_NOT_CORKED;
        this._writableState.updateNextTick();
      }
      _writev(batch, cb) {
        cb(null);
      }
      _write(data, cb) {
        this._writableState.autoBatch(data, cb);
      }
      _final(cb) {
        cb(null);
      }
      write(data) {
        this._writableState.updateNextTick();
        return this._writableState.push(data);
      }
      end(data) {
        this._writableState.updateNextTick();
        this._writableState.end(data);
        return this;
      }
    };
    var Transform = class extends Duplex {
      constructor(opts) {
        super(opts);
        this._transformState = new TransformState(this);
        if (opts) {
          if (opts.transform) this._transform = opts.transform;
          if (opts.flush) this._flush = opts.flush;
        }
      }
      _write(data, cb) {
        if (this._readableState.buffered >= this._readableState.highWaterMark) {
          this._transformState.data = data;
        } else {
          this._transform(data, this._transformState.afterTransform);
        }
      }
      _read(cb) {
        if (this._transformState.data !== null) {
          const data = this._transformState.data;
          this._transformState.data = null;
          cb(null);
          this._transform(data, this._transformState.afterTransform);
        } else {
          cb(null);
        }
      }
      destroy(err) {
        super.destroy(err);
        if (this._transformState.data !== null) {
          this._transformState.data = null;
          this._transformState.afterTransform();
        }
      }
      _transform(data, cb) {
        cb(null, data);
      }
      _flush(cb) {
        cb(null);
      }
      _final(cb) {
        this._transformState.afterFinal = cb;
        this._flush(transformAfterFlush.bind(this));
      }
    };
    var PassThrough = class extends Transform {
    };
    function transformAfterFlush(err, data) {
      const cb = this._transformState.afterFinal;
      if (err) return cb(err);
      if (data !== null && data !== void 0) this.push(data);
      this.push(null);
      cb(null);
    }
    function pipelinePromise(...streams) {
      return new Promise((resolve, reject) => {
        return pipeline2(...streams, (err) => {
          if (err) return reject(err);
          resolve();
        });
      });
    }
    function pipeline2(stream, ...streams) {
      const all = Array.isArray(stream) ? [...stream, ...streams] : [stream, ...streams];
      const done = all.length && typeof all[all.length - 1] === "function" ? all.pop() : null;
      if (all.length < 2) throw StreamError.BAD_ARGUMENT("Pipeline requires at least 2 streams");
      let src = all[0];
      let dest = null;
      let error = null;
      for (let i = 1; i < all.length; i++) {
        dest = all[i];
        if (isStreamx(src)) {
          src.pipe(dest, onerror);
        } else {
          errorHandle(src, true, i > 1, onerror);
          src.pipe(dest);
        }
        src = dest;
      }
      if (done) {
        let fin = false;
        const autoDestroy = isStreamx(dest) || !!(dest._writableState && dest._writableState.autoDestroy);
        dest.on("error", (err) => {
          if (error === null) error = err;
        });
        dest.on("finish", () => {
          fin = true;
          if (!autoDestroy) done(error);
        });
        if (autoDestroy) {
          dest.on("close", () => done(error || (fin ? null : StreamError.PREMATURE_CLOSE())));
        }
      }
      return dest;
      function errorHandle(s, rd, wr, onerror2) {
        s.on("error", onerror2);
        s.on("close", onclose);
        function onclose() {
          if (rd && s._readableState && !s._readableState.ended) {
            return onerror2(StreamError.PREMATURE_CLOSE());
          }
          if (wr && s._writableState && !s._writableState.ended) {
            return onerror2(StreamError.PREMATURE_CLOSE());
          }
        }
      }
      function onerror(err) {
        if (!err || error) return;
        error = err;
        for (const s of all) {
          s.destroy(err);
        }
      }
    }
    function echo(s) {
      return s;
    }
    function isStream(stream) {
      return !!stream._readableState || !!stream._writableState;
    }
    function isStreamx(stream) {
      return typeof stream._duplexState === "number" && isStream(stream);
    }
    function isEnding(stream) {
      return !!stream._readableState && stream._readableState.ending;
    }
    function isEnded(stream) {
      return !!stream._readableState && stream._readableState.ended;
    }
    function isFinishing(stream) {
      return !!stream._writableState && stream._writableState.ending;
    }
    function isFinished(stream) {
      return !!stream._writableState && stream._writableState.ended;
    }
    function getStreamError(stream, opts = {}) {
      const err = stream._readableState && stream._readableState.error || stream._writableState && stream._writableState.error;
      return !opts.all && StreamError.isStreamDestroyed(err) ? null : err;
    }
    function isReadStreamx(stream) {
      return isStreamx(stream) && stream.readable;
    }
    function isDisturbed(stream) {
      return (stream._duplexState & OPENING) !== OPENING || (stream._duplexState & DESTROYING) === DESTROYING || (stream._duplexState & ACTIVE_OR_TICKING) !== 0;
    }
    function isTypedArray(data) {
      return typeof data === "object" && data !== null && typeof data.byteLength === "number";
    }
    function defaultByteLength(data) {
      return isTypedArray(data) ? data.byteLength : 1024;
    }
    function noop() {
    }
    function abort() {
      this.destroy(StreamError.ABORTED());
    }
    function isWritev(s) {
      return s._writev !== Writable.prototype._writev && s._writev !== Duplex.prototype._writev;
    }
    module.exports = {
      pipeline: pipeline2,
      pipelinePromise,
      isStream,
      isStreamx,
      isEnding,
      isEnded,
      isFinishing,
      isFinished,
      isDisturbed,
      getStreamError,
      Stream,
      Writable,
      Readable,
      Duplex,
      Transform,
      // Export PassThrough for compatibility with Node.js core's stream module
      PassThrough
    };
  }
});

// node_modules/tar-stream/headers.js
var require_headers = __commonJS({
  "node_modules/tar-stream/headers.js"(exports) {
    var b4a = require_b4a();
    var ZEROS = "0000000000000000000";
    var SEVENS = "7777777777777777777";
    var ZERO_OFFSET = "0".charCodeAt(0);
    var USTAR_MAGIC = b4a.from([117, 115, 116, 97, 114, 0]);
    var USTAR_VER = b4a.from([ZERO_OFFSET, ZERO_OFFSET]);
    var GNU_MAGIC = b4a.from([117, 115, 116, 97, 114, 32]);
    var GNU_VER = b4a.from([32, 0]);
    var MASK = 4095;
    var MAGIC_OFFSET = 257;
    var VERSION_OFFSET = 263;
    exports.decodeLongPath = function decodeLongPath(buf, encoding) {
      return decodeStr(buf, 0, buf.length, encoding);
    };
    exports.encodePax = function encodePax(opts) {
      let result = "";
      if (opts.name) result += addLength(" path=" + opts.name + "\n");
      if (opts.linkname) result += addLength(" linkpath=" + opts.linkname + "\n");
      const pax = opts.pax;
      if (pax) {
        for (const key in pax) {
          result += addLength(" " + key + "=" + pax[key] + "\n");
        }
      }
      return b4a.from(result);
    };
    exports.decodePax = function decodePax(buf) {
      const result = {};
      while (buf.length) {
        let i = 0;
        while (i < buf.length && buf[i] !== 32) i++;
        const len = parseInt(b4a.toString(buf.subarray(0, i)), 10);
        if (!len) return result;
        const b = b4a.toString(buf.subarray(i + 1, len - 1));
        const keyIndex = b.indexOf("=");
        if (keyIndex === -1) return result;
        result[b.slice(0, keyIndex)] = b.slice(keyIndex + 1);
        buf = buf.subarray(len);
      }
      return result;
    };
    exports.encode = function encode(opts) {
      const buf = b4a.alloc(512);
      let name = opts.name;
      let prefix = "";
      if (opts.typeflag === 5 && name[name.length - 1] !== "/") name += "/";
      if (b4a.byteLength(name) !== name.length) return null;
      while (b4a.byteLength(name) > 100) {
        const i = name.indexOf("/");
        if (i === -1) return null;
        prefix += prefix ? "/" + name.slice(0, i) : name.slice(0, i);
        name = name.slice(i + 1);
      }
      if (b4a.byteLength(name) > 100 || b4a.byteLength(prefix) > 155) return null;
      if (opts.linkname && b4a.byteLength(opts.linkname) > 100) return null;
      b4a.write(buf, name);
      b4a.write(buf, encodeOct(opts.mode & MASK, 6), 100);
      b4a.write(buf, encodeOct(opts.uid, 6), 108);
      b4a.write(buf, encodeOct(opts.gid, 6), 116);
      encodeSize(opts.size, buf, 124);
      b4a.write(buf, encodeOct(opts.mtime.getTime() / 1e3 | 0, 11), 136);
      buf[156] = ZERO_OFFSET + toTypeflag(opts.type);
      if (opts.linkname) b4a.write(buf, opts.linkname, 157);
      b4a.copy(USTAR_MAGIC, buf, MAGIC_OFFSET);
      b4a.copy(USTAR_VER, buf, VERSION_OFFSET);
      if (opts.uname) b4a.write(buf, opts.uname, 265);
      if (opts.gname) b4a.write(buf, opts.gname, 297);
      b4a.write(buf, encodeOct(opts.devmajor || 0, 6), 329);
      b4a.write(buf, encodeOct(opts.devminor || 0, 6), 337);
      if (prefix) b4a.write(buf, prefix, 345);
      b4a.write(buf, encodeOct(cksum(buf), 6), 148);
      return buf;
    };
    exports.decode = function decode(buf, filenameEncoding, allowUnknownFormat) {
      let typeflag = buf[156] === 0 ? 0 : buf[156] - ZERO_OFFSET;
      let name = decodeStr(buf, 0, 100, filenameEncoding);
      const mode = decodeOct(buf, 100, 8);
      const uid = decodeOct(buf, 108, 8);
      const gid = decodeOct(buf, 116, 8);
      const size = decodeOct(buf, 124, 12);
      const mtime = decodeOct(buf, 136, 12);
      const type = toType(typeflag);
      const linkname = buf[157] === 0 ? null : decodeStr(buf, 157, 100, filenameEncoding);
      const uname = decodeStr(buf, 265, 32);
      const gname = decodeStr(buf, 297, 32);
      const devmajor = decodeOct(buf, 329, 8);
      const devminor = decodeOct(buf, 337, 8);
      const c = cksum(buf);
      if (c === 8 * 32) return null;
      if (c !== decodeOct(buf, 148, 8)) throw new Error("Invalid tar header. Maybe the tar is corrupted or it needs to be gunzipped?");
      if (isUSTAR(buf)) {
        if (buf[345]) name = decodeStr(buf, 345, 155, filenameEncoding) + "/" + name;
      } else if (isGNU(buf)) {
      } else {
        if (!allowUnknownFormat) {
          throw new Error("Invalid tar header: unknown format.");
        }
      }
      if (typeflag === 0 && name && name[name.length - 1] === "/") typeflag = 5;
      return {
        name,
        mode,
        uid,
        gid,
        size,
        byteOffset: 0,
        mtime: new Date(1e3 * mtime),
        type,
        linkname,
        uname,
        gname,
        devmajor,
        devminor,
        pax: null
      };
    };
    function isUSTAR(buf) {
      return b4a.equals(USTAR_MAGIC, buf.subarray(MAGIC_OFFSET, MAGIC_OFFSET + 6));
    }
    function isGNU(buf) {
      return b4a.equals(GNU_MAGIC, buf.subarray(MAGIC_OFFSET, MAGIC_OFFSET + 6)) && b4a.equals(GNU_VER, buf.subarray(VERSION_OFFSET, VERSION_OFFSET + 2));
    }
    function clamp(index, len, defaultValue) {
      if (typeof index !== "number") return defaultValue;
      index = ~~index;
      if (index >= len) return len;
      if (index >= 0) return index;
      index += len;
      if (index >= 0) return index;
      return 0;
    }
    function toType(flag) {
      switch (flag) {
        case 0:
          return "file";
        case 1:
          return "link";
        case 2:
          return "symlink";
        case 3:
          return "character-device";
        case 4:
          return "block-device";
        case 5:
          return "directory";
        case 6:
          return "fifo";
        case 7:
          return "contiguous-file";
        case 72:
          return "pax-header";
        case 55:
          return "pax-global-header";
        case 27:
          return "gnu-long-link-path";
        case 28:
        case 30:
          return "gnu-long-path";
      }
      return null;
    }
    function toTypeflag(flag) {
      switch (flag) {
        case "file":
          return 0;
        case "link":
          return 1;
        case "symlink":
          return 2;
        case "character-device":
          return 3;
        case "block-device":
          return 4;
        case "directory":
          return 5;
        case "fifo":
          return 6;
        case "contiguous-file":
          return 7;
        case "pax-header":
          return 72;
      }
      return 0;
    }
    function indexOf(block, num, offset, end) {
      for (; offset < end; offset++) {
        if (block[offset] === num) return offset;
      }
      return end;
    }
    function cksum(block) {
      let sum = 8 * 32;
      for (let i = 0; i < 148; i++) sum += block[i];
      for (let j = 156; j < 512; j++) sum += block[j];
      return sum;
    }
    function encodeOct(val, n) {
      val = val.toString(8);
      if (val.length > n) return SEVENS.slice(0, n) + " ";
      return ZEROS.slice(0, n - val.length) + val + " ";
    }
    function encodeSizeBin(num, buf, off) {
      buf[off] = 128;
      for (let i = 11; i > 0; i--) {
        buf[off + i] = num & 255;
        num = Math.floor(num / 256);
      }
    }
    function encodeSize(num, buf, off) {
      if (num.toString(8).length > 11) {
        encodeSizeBin(num, buf, off);
      } else {
        b4a.write(buf, encodeOct(num, 11), off);
      }
    }
    function parse256(buf) {
      let positive;
      if (buf[0] === 128) positive = true;
      else if (buf[0] === 255) positive = false;
      else return null;
      const tuple = [];
      let i;
      for (i = buf.length - 1; i > 0; i--) {
        const byte = buf[i];
        if (positive) tuple.push(byte);
        else tuple.push(255 - byte);
      }
      let sum = 0;
      const l = tuple.length;
      for (i = 0; i < l; i++) {
        sum += tuple[i] * Math.pow(256, i);
      }
      return positive ? sum : -1 * sum;
    }
    function decodeOct(val, offset, length) {
      val = val.subarray(offset, offset + length);
      offset = 0;
      if (val[offset] & 128) {
        return parse256(val);
      } else {
        while (offset < val.length && val[offset] === 32) offset++;
        const end = clamp(indexOf(val, 32, offset, val.length), val.length, val.length);
        while (offset < end && val[offset] === 0) offset++;
        if (end === offset) return 0;
        return parseInt(b4a.toString(val.subarray(offset, end)), 8);
      }
    }
    function decodeStr(val, offset, length, encoding) {
      return b4a.toString(val.subarray(offset, indexOf(val, 0, offset, offset + length)), encoding);
    }
    function addLength(str) {
      const len = b4a.byteLength(str);
      let digits = Math.floor(Math.log(len) / Math.log(10)) + 1;
      if (len + digits >= Math.pow(10, digits)) digits++;
      return len + digits + str;
    }
  }
});

// node_modules/tar-stream/extract.js
var require_extract = __commonJS({
  "node_modules/tar-stream/extract.js"(exports, module) {
    var { Writable, Readable, getStreamError } = require_streamx();
    var FIFO = require_fast_fifo();
    var b4a = require_b4a();
    var headers = require_headers();
    var EMPTY = b4a.alloc(0);
    var MAX_HEADER_SIZE = 4 * 1024 * 1024;
    var BufferList = class {
      constructor() {
        this.buffered = 0;
        this.shifted = 0;
        this.queue = new FIFO();
        this._offset = 0;
      }
      push(buffer) {
        this.buffered += buffer.byteLength;
        this.queue.push(buffer);
      }
      shiftFirst(size) {
        return this.buffered === 0 ? null : this._next(size);
      }
      shift(size) {
        if (size > this.buffered) return null;
        if (size === 0) return EMPTY;
        let chunk = this._next(size);
        if (size === chunk.byteLength) return chunk;
        const chunks = [chunk];
        while ((size -= chunk.byteLength) > 0) {
          chunk = this._next(size);
          chunks.push(chunk);
        }
        return b4a.concat(chunks);
      }
      _next(size) {
        const buf = this.queue.peek();
        const rem = buf.byteLength - this._offset;
        if (size >= rem) {
          const sub = this._offset ? buf.subarray(this._offset, buf.byteLength) : buf;
          this.queue.shift();
          this._offset = 0;
          this.buffered -= rem;
          this.shifted += rem;
          return sub;
        }
        this.buffered -= size;
        this.shifted += size;
        return buf.subarray(this._offset, this._offset += size);
      }
    };
    var Source = class extends Readable {
      constructor(self, header, offset) {
        super();
        this.header = header;
        this.offset = offset;
        this._parent = self;
      }
      _read(cb) {
        if (this.header.size === 0) {
          this.push(null);
        }
        if (this._parent._stream === this) {
          this._parent._update();
        }
        cb(null);
      }
      _predestroy() {
        this._parent.destroy(getStreamError(this));
      }
      _detach() {
        if (this._parent._stream === this) {
          this._parent._stream = null;
          this._parent._missing = overflow(this.header.size);
          this._parent._update();
        }
      }
      _destroy(cb) {
        this._detach();
        cb(null);
      }
    };
    var Extract = class extends Writable {
      constructor(opts) {
        super(opts);
        if (!opts) opts = {};
        this._buffer = new BufferList();
        this._offset = 0;
        this._header = null;
        this._stream = null;
        this._missing = 0;
        this._longHeader = false;
        this._callback = noop;
        this._locked = false;
        this._finished = false;
        this._pax = null;
        this._paxGlobal = null;
        this._gnuLongPath = null;
        this._gnuLongLinkPath = null;
        this._filenameEncoding = opts.filenameEncoding || "utf-8";
        this._allowUnknownFormat = !!opts.allowUnknownFormat;
        this._unlockBound = this._unlock.bind(this);
      }
      _unlock(err) {
        this._locked = false;
        if (err) {
          this.destroy(err);
          this._continueWrite(err);
          return;
        }
        this._update();
      }
      _consumeHeader() {
        if (this._locked) return false;
        this._offset = this._buffer.shifted;
        try {
          this._header = headers.decode(this._buffer.shift(512), this._filenameEncoding, this._allowUnknownFormat);
        } catch (err) {
          this._continueWrite(err);
          return false;
        }
        if (!this._header) return true;
        this._header.byteOffset = this._buffer.shifted;
        switch (this._header.type) {
          case "gnu-long-path":
          case "gnu-long-link-path":
          case "pax-global-header":
          case "pax-header":
            this._longHeader = true;
            this._missing = this._header.size;
            if (this._missing > MAX_HEADER_SIZE) {
              this._continueWrite(new Error("Header exceeds max size"));
              return false;
            }
            return true;
        }
        this._locked = true;
        this._applyLongHeaders();
        if (!(this._header.size >= 0)) {
          this._continueWrite(new Error("Invalid header"));
          return false;
        }
        if (this._header.size === 0 || this._header.type === "directory") {
          this.emit("entry", this._header, this._createStream(), this._unlockBound);
          return true;
        }
        this._stream = this._createStream();
        this._missing = this._header.size;
        this.emit("entry", this._header, this._stream, this._unlockBound);
        return true;
      }
      _applyLongHeaders() {
        if (this._gnuLongPath) {
          this._header.name = this._gnuLongPath;
          this._gnuLongPath = null;
        }
        if (this._gnuLongLinkPath) {
          this._header.linkname = this._gnuLongLinkPath;
          this._gnuLongLinkPath = null;
        }
        if (this._pax) {
          if (this._pax.path) this._header.name = this._pax.path;
          if (this._pax.linkpath) this._header.linkname = this._pax.linkpath;
          if (this._pax.size) this._header.size = parseInt(this._pax.size, 10);
          this._header.pax = this._pax;
          this._pax = null;
        }
      }
      _decodeLongHeader(buf) {
        switch (this._header.type) {
          case "gnu-long-path":
            this._gnuLongPath = headers.decodeLongPath(buf, this._filenameEncoding);
            break;
          case "gnu-long-link-path":
            this._gnuLongLinkPath = headers.decodeLongPath(buf, this._filenameEncoding);
            break;
          case "pax-global-header":
            this._paxGlobal = headers.decodePax(buf);
            break;
          case "pax-header":
            this._pax = this._paxGlobal === null ? headers.decodePax(buf) : Object.assign({}, this._paxGlobal, headers.decodePax(buf));
            break;
        }
      }
      _consumeLongHeader() {
        this._longHeader = false;
        this._missing = overflow(this._header.size);
        const buf = this._buffer.shift(this._header.size);
        try {
          this._decodeLongHeader(buf);
        } catch (err) {
          this._continueWrite(err);
          return false;
        }
        return true;
      }
      _consumeStream() {
        const buf = this._buffer.shiftFirst(this._missing);
        if (buf === null) return false;
        this._missing -= buf.byteLength;
        const drained = this._stream.push(buf);
        if (this._missing === 0) {
          this._stream.push(null);
          if (drained) this._stream._detach();
          return drained && this._locked === false;
        }
        return drained;
      }
      _createStream() {
        return new Source(this, this._header, this._offset);
      }
      _update() {
        while (this._buffer.buffered > 0 && !this.destroying) {
          if (this._missing > 0) {
            if (this._stream !== null) {
              if (this._consumeStream() === false) return;
              continue;
            }
            if (this._longHeader === true) {
              if (this._missing > this._buffer.buffered) break;
              if (this._consumeLongHeader() === false) return false;
              continue;
            }
            const ignore = this._buffer.shiftFirst(this._missing);
            if (ignore !== null) this._missing -= ignore.byteLength;
            continue;
          }
          if (this._buffer.buffered < 512) break;
          if (this._stream !== null || this._consumeHeader() === false) return;
        }
        this._continueWrite(null);
      }
      _continueWrite(err) {
        const cb = this._callback;
        this._callback = noop;
        cb(err);
      }
      _write(data, cb) {
        this._callback = cb;
        this._buffer.push(data);
        this._update();
      }
      _final(cb) {
        this._finished = this._missing === 0 && this._buffer.buffered === 0;
        cb(this._finished ? null : new Error("Unexpected end of data"));
      }
      _predestroy() {
        this._continueWrite(null);
      }
      _destroy(cb) {
        if (this._stream) this._stream.destroy(getStreamError(this));
        cb(null);
      }
      [Symbol.asyncIterator]() {
        let error = null;
        let promiseResolve = null;
        let promiseReject = null;
        let entryStream = null;
        let entryCallback = null;
        const extract = this;
        this.on("entry", onentry);
        this.on("error", (err) => {
          error = err;
        });
        this.on("close", onclose);
        return {
          [Symbol.asyncIterator]() {
            return this;
          },
          next() {
            return new Promise(onnext);
          },
          return() {
            return destroy(null);
          },
          throw(err) {
            return destroy(err);
          }
        };
        function consumeCallback(err) {
          if (!entryCallback) return;
          const cb = entryCallback;
          entryCallback = null;
          cb(err);
        }
        function onnext(resolve, reject) {
          if (error) {
            return reject(error);
          }
          if (entryStream) {
            resolve({ value: entryStream, done: false });
            entryStream = null;
            return;
          }
          promiseResolve = resolve;
          promiseReject = reject;
          consumeCallback(null);
          if (extract._finished && promiseResolve) {
            promiseResolve({ value: void 0, done: true });
            promiseResolve = promiseReject = null;
          }
        }
        function onentry(header, stream, callback) {
          entryCallback = callback;
          stream.on("error", noop);
          if (promiseResolve) {
            promiseResolve({ value: stream, done: false });
            promiseResolve = promiseReject = null;
          } else {
            entryStream = stream;
          }
        }
        function onclose() {
          consumeCallback(error);
          if (!promiseResolve) return;
          if (error) promiseReject(error);
          else promiseResolve({ value: void 0, done: true });
          promiseResolve = promiseReject = null;
        }
        function destroy(err) {
          extract.destroy(err);
          consumeCallback(err);
          return new Promise((resolve, reject) => {
            if (extract.destroyed) return resolve({ value: void 0, done: true });
            extract.once("close", function() {
              if (err) reject(err);
              else resolve({ value: void 0, done: true });
            });
          });
        }
      }
    };
    module.exports = function extract(opts) {
      return new Extract(opts);
    };
    function noop() {
    }
    function overflow(size) {
      size &= 511;
      return size && 512 - size;
    }
  }
});

// node_modules/tar-stream/constants.js
var require_constants = __commonJS({
  "node_modules/tar-stream/constants.js"(exports, module) {
    var constants = {
      // just for envs without fs
      S_IFMT: 61440,
      S_IFDIR: 16384,
      S_IFCHR: 8192,
      S_IFBLK: 24576,
      S_IFIFO: 4096,
      S_IFLNK: 40960
    };
    try {
      module.exports = __require("fs").constants || constants;
    } catch {
      module.exports = constants;
    }
  }
});

// node_modules/tar-stream/pack.js
var require_pack = __commonJS({
  "node_modules/tar-stream/pack.js"(exports, module) {
    var { Readable, Writable, getStreamError } = require_streamx();
    var b4a = require_b4a();
    var constants = require_constants();
    var headers = require_headers();
    var DMODE = 493;
    var FMODE = 420;
    var END_OF_TAR = b4a.alloc(1024);
    var Sink = class extends Writable {
      constructor(pack2, header, callback) {
        super({ mapWritable, eagerOpen: true });
        this.written = 0;
        this.header = header;
        this._callback = callback;
        this._linkname = null;
        this._isLinkname = header.type === "symlink" && !header.linkname;
        this._isVoid = header.type !== "file" && header.type !== "contiguous-file";
        this._finished = false;
        this._pack = pack2;
        this._openCallback = null;
        if (this._pack._stream === null) this._pack._stream = this;
        else this._pack._pending.push(this);
      }
      _open(cb) {
        this._openCallback = cb;
        if (this._pack._stream === this) this._continueOpen();
      }
      _continuePack(err) {
        if (this._callback === null) return;
        const callback = this._callback;
        this._callback = null;
        callback(err);
      }
      _continueOpen() {
        if (this._pack._stream === null) this._pack._stream = this;
        const cb = this._openCallback;
        this._openCallback = null;
        if (cb === null) return;
        if (this._pack.destroying) return cb(new Error("pack stream destroyed"));
        if (this._pack._finalized) return cb(new Error("pack stream is already finalized"));
        this._pack._stream = this;
        if (!this._isLinkname) {
          this._pack._encode(this.header);
        }
        if (this._isVoid) {
          this._finish();
          this._continuePack(null);
        }
        cb(null);
      }
      _write(data, cb) {
        if (this._isLinkname) {
          this._linkname = this._linkname ? b4a.concat([this._linkname, data]) : data;
          return cb(null);
        }
        if (this._isVoid) {
          if (data.byteLength > 0) {
            return cb(new Error("No body allowed for this entry"));
          }
          return cb();
        }
        this.written += data.byteLength;
        if (this._pack.push(data)) return cb();
        this._pack._drain = cb;
      }
      _finish() {
        if (this._finished) return;
        this._finished = true;
        if (this._isLinkname) {
          this.header.linkname = this._linkname ? b4a.toString(this._linkname, "utf-8") : "";
          this._pack._encode(this.header);
        }
        overflow(this._pack, this.header.size);
        this._pack._done(this);
      }
      _final(cb) {
        if (this.written !== this.header.size) {
          return cb(new Error("Size mismatch"));
        }
        this._finish();
        cb(null);
      }
      _getError() {
        return getStreamError(this) || new Error("tar entry destroyed");
      }
      _predestroy() {
        this._pack.destroy(this._getError());
      }
      _destroy(cb) {
        this._pack._done(this);
        this._continuePack(this._finished ? null : this._getError());
        cb();
      }
    };
    var Pack = class extends Readable {
      constructor(opts) {
        super(opts);
        this._drain = noop;
        this._finalized = false;
        this._finalizing = false;
        this._pending = [];
        this._stream = null;
      }
      entry(header, buffer, callback) {
        if (this._finalized || this.destroying) throw new Error("already finalized or destroyed");
        if (typeof buffer === "function") {
          callback = buffer;
          buffer = null;
        }
        if (!callback) callback = noop;
        if (!header.size || header.type === "symlink") header.size = 0;
        if (!header.type) header.type = modeToType(header.mode);
        if (!header.mode) header.mode = header.type === "directory" ? DMODE : FMODE;
        if (!header.uid) header.uid = 0;
        if (!header.gid) header.gid = 0;
        if (!header.mtime) header.mtime = /* @__PURE__ */ new Date();
        if (typeof buffer === "string") buffer = b4a.from(buffer);
        const sink = new Sink(this, header, callback);
        if (b4a.isBuffer(buffer)) {
          header.size = buffer.byteLength;
          sink.write(buffer);
          sink.end();
          return sink;
        }
        if (sink._isVoid) {
          return sink;
        }
        return sink;
      }
      finalize() {
        if (this._stream || this._pending.length > 0) {
          this._finalizing = true;
          return;
        }
        if (this._finalized) return;
        this._finalized = true;
        this.push(END_OF_TAR);
        this.push(null);
      }
      _done(stream) {
        if (stream !== this._stream) return;
        this._stream = null;
        if (this._finalizing) this.finalize();
        if (this._pending.length) this._pending.shift()._continueOpen();
      }
      _encode(header) {
        if (!header.pax) {
          const buf = headers.encode(header);
          if (buf) {
            this.push(buf);
            return;
          }
        }
        this._encodePax(header);
      }
      _encodePax(header) {
        const paxHeader2 = headers.encodePax({
          name: header.name,
          linkname: header.linkname,
          pax: header.pax
        });
        const newHeader = {
          name: "PaxHeader",
          mode: header.mode,
          uid: header.uid,
          gid: header.gid,
          size: paxHeader2.byteLength,
          mtime: header.mtime,
          type: "pax-header",
          linkname: header.linkname && "PaxHeader",
          uname: header.uname,
          gname: header.gname,
          devmajor: header.devmajor,
          devminor: header.devminor
        };
        this.push(headers.encode(newHeader));
        this.push(paxHeader2);
        overflow(this, paxHeader2.byteLength);
        newHeader.size = header.size;
        newHeader.type = header.type;
        this.push(headers.encode(newHeader));
      }
      _doDrain() {
        const drain = this._drain;
        this._drain = noop;
        drain();
      }
      _predestroy() {
        const err = getStreamError(this);
        if (this._stream) this._stream.destroy(err);
        while (this._pending.length) {
          const stream = this._pending.shift();
          stream.destroy(err);
          stream._continueOpen();
        }
        this._doDrain();
      }
      _read(cb) {
        this._doDrain();
        cb();
      }
    };
    module.exports = function pack2(opts) {
      return new Pack(opts);
    };
    function modeToType(mode) {
      switch (mode & constants.S_IFMT) {
        case constants.S_IFBLK:
          return "block-device";
        case constants.S_IFCHR:
          return "character-device";
        case constants.S_IFDIR:
          return "directory";
        case constants.S_IFIFO:
          return "fifo";
        case constants.S_IFLNK:
          return "symlink";
      }
      return "file";
    }
    function noop() {
    }
    function overflow(self, size) {
      size &= 511;
      if (size) self.push(END_OF_TAR.subarray(0, 512 - size));
    }
    function mapWritable(buf) {
      return b4a.isBuffer(buf) ? buf : b4a.from(buf);
    }
  }
});

// node_modules/tar-stream/index.js
var require_tar_stream = __commonJS({
  "node_modules/tar-stream/index.js"(exports) {
    exports.extract = require_extract();
    exports.pack = require_pack();
  }
});

// node_modules/commander/esm.mjs
var import_index = __toESM(require_commander(), 1);
var {
  program,
  createCommand,
  createArgument,
  createOption,
  CommanderError,
  InvalidArgumentError,
  InvalidOptionArgumentError,
  // deprecated old name
  Command,
  Argument,
  Option,
  Help
} = import_index.default;

// lambda-src/core/errors.ts
var FormatError = class extends Error {
  /**
   * @param format What was being read.
   * @param problem What is wrong, as the second half of a sentence: `block type 3 is reserved`.
   * @param offset Where, as a byte offset in the stream of that format (tar: the uncompressed stream).
   */
  constructor(format2, problem, offset) {
    super(`${format2}: ${problem}${offset === void 0 ? "" : ` (at byte ${offset})`}`);
    this.format = format2;
    this.problem = problem;
    this.offset = offset;
  }
  format;
  problem;
  offset;
  name = "FormatError";
};
var ContentMismatchError = class extends Error {
  constructor(digest, problem) {
    super(`content ${digest}: ${problem}`);
    this.digest = digest;
  }
  digest;
  name = "ContentMismatchError";
};
var ConfigError = class extends Error {
  constructor(faults) {
    super(faults.join("\n"));
    this.faults = faults;
  }
  faults;
  name = "ConfigError";
};

// lambda-src/indexer/ztoc-worker.ts
import { isMainThread, parentPort, workerData } from "node:worker_threads";

// lambda-src/core/oci/descriptor.ts
import { createHash } from "node:crypto";
var digestPattern = /^sha256:[0-9a-f]{64}$/;
function isDigest(text2) {
  return typeof text2 === "string" && digestPattern.test(text2);
}
function digestOf(content) {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

// lambda-src/core/inflate/gzip-decoder.ts
import zlib from "node:zlib";

// lambda-src/core/inflate/decoder.wasm
var decoder_default = __toBinaryNode("AGFzbQEAAAABKghgAAF/YAAAYAF/AGAGf39/f39/AX9gAAF8YAJ/fwBgAXwAYAN/f38BfwMYFwMBAAQAAAAABQYBAAAAAgAAAAIAAAcABQMBAAAGBgF/AUEACweEAhMFcmVzZXQACRJyZXN1bWVBdENoZWNrcG9pbnQACApsaW1pdE5hbWVzAA4NaW5wdXRDYXBhY2l0eQAPDGlucHV0QWRkcmVzcwAQC2FjY2VwdElucHV0ABINdW5yZWFkQWRkcmVzcwAFDHVucmVhZE9mZnNldAADCnVucmVhZEJpdHMABAZtYXlFbmQADQ13aW5kb3dBZGRyZXNzAAILb3V0cHV0U3RhcnQACwlvdXRwdXRFbmQADA1yZWxlYXNlT3V0cHV0AAoKdHJhaWxlckNyYwAHDXRyYWlsZXJMZW5ndGgABgZkZWNvZGUAEQt1cGRhdGVDcmMzMgAVBm1lbW9yeQIACAEBCqs4F98HAQh/QYDUAUEAQcAA/AsAA0AgAyAHSwRAIAIgB2otAABBAnRBgNQBaiIIIAgoAgBBAWo2AgAgB0EBaiEHDAELC0EPIQcDQCAHBH8gB0ECdEGA1AFqKAIABUEBC0UEQCAHQQFrIQcMAQsLQQEhCEEBIQkDQCAHIAlPBEAgCEEBdCAJQQJ0QYDUAWooAgBrIghBAEgEQEEADwsgCUEBaiEJDAELCyAIQQBKBEAgBUUgB0EBS3IEQEEADwsDQCAMQQEgAXRJBEAgACAMQQJ0akGBoAI2AgAgDEEBaiEMDAELCyAHRQRAQQEPCwtBASEFA0AgBSAHTQRAIAVBAnQiCUHA1AFqIA02AgAgDSAJQYDUAWooAgBqIQ0gBUEBaiEFDAELCwNAIAMgC0sEQCACIAtqLQAAIgUEQCAFQQJ0QcDUAWoiBSgCACIHQQF0QYDVAWogCzsBACAFIAdBAWo2AgALIAtBAWohCwwBCwsgCEEASgRAIARBgNUBLwEAQQJ0aigCAEGBAmohAgNAIAZBASABdEkEQCAAIAZBAnRqIAI2AgAgBkECaiEGDAELC0EBDwtBgNUBIQlBASEIQQIhAkGE1AEoAgAhAwNAAkADQCADRQRAIAhBAWoiCCABTQRAIAJBAnQiAyAAaiAAIAP8CgAAIAJBAXQhAiAIQQJ0QYDUAWooAgAhAwwCCwsLIAEgCEkNACAAIApBAnRqIAQgCS8BAEECdGooAgAgCEGBAmxqNgIAIAlBAmohCSADQQFrIQMgCiACQQFrRgRAA0AgASAISwRAIAJBAnQiAyAAaiAAIAP8CgAAIAJBAXQhAiAIQQFqIQgMAQsLQQEPBUEBQR8gCkEBIAh0QQFrc2drdCIFIAogBUEBa3FyIQoMAgsACwtBASABdCICQQFrIQtBfyEFIAhBAnRBgNQBaigCACEDA0ADQCADRQRAIAhBAWoiCEECdEGA1AFqKAIAIQMMAQsLIAogC3EiByAFRwRAIAchBSACIQYgCCABayEHIAMhAgNAIAJBASAHdEkEQCAHQQFqIgcgAWpBAnRBgNQBaigCACACQQF0aiECDAELCyAAIAVBAnRqIAZBEHRBgIADciAHQQh0ciABcjYCACAGQQEgB3RqIQILIAQgCS8BAEECdGooAgAgCCABayIHQYECbGohDEEBIAd0IQ0gBiAKIAF2aiEHA0AgAiAHSwRAIAAgB0ECdGogDDYCACAHIA1qIQcMAQsLIAlBAmohCSADQQFrIQNBASAIdEEBayIHIApHBEBBAUEfIAcgCnNna3QiByAKIAdBAWtxciEKDAELC0EBC4QFAQV/QcCMJT8AQRB0ayQAIwBBAEoEQCMAQf//A2pBEHVAABoLA0AgAEGAAkkEQCAAIQFBACEDA0AgA0EISARAIAFBAXYiAkGghuLtfnMgAiABQQFxGyEBIANBAWohAwwBCwsgAEECdEGA4AFqIAE2AgAgAEEBaiEADAELCwNAIARBgB5JBEAgBEECdCIBQYDgAWooAgAhACABQYDoAWogAEH/AXFBAnRBgOABaigCACAAQQh2czYCACAEQQFqIQQMAQsLQQAhA0EAIQBBACEEA0AgAEGAAkkEQCAAQQJ0QYDEAWogAEEQdEGAgICAeHI2AgAgAEEBaiEADAELC0GAzAFBgMACNgIAQQMhAEGBAiEBA0AgAUGdAkkEQCABQQJ0QYDEAWogAUGFAmtBAnZBACABQYkCTxsiAiAAQRB0cjYCACAAQQEgAnRqIQAgAUEBaiEBDAELC0H0zAFBgICICDYCAEH4zAFBgKACNgIAQfzMAUGAoAI2AgBBASEAA0AgA0EeSQRAIANBAnRBgM4BaiADQQJrQQF2QQAgA0EETxsiASAAQRB0cjYCACAAQQEgAXRqIQAgA0EBaiEDDAELC0H4zgFBgKACNgIAQfzOAUGAoAI2AgADQCAEQRNJBEAgBEECdEGAzwFqIARBEHQ2AgAgBEEBaiEEDAELC0GA2gFCkKLIgIDhwYQGNwMAQYjaAUKKiqygwOHAhgI3AwBBkNoBQY6CPDYCAEEBIQADQCAAQRBJBEBBACEBA0AgAUEQSQRAIABBBHRBgNwBaiABaiABIABwOgAAIAFBAWohAQwBCwsgAEECdEGA3gFqQRBBECAAcGs2AgAgAEEBaiEADAELCwsGAEHAiBMLJgBBiOACKQMAQbDgAigCAEGs4AIoAgBBqOACKAIAQQN2a2utfboLDABBqOACKAIAQQdxCxQAQazgAigCAEGo4AIoAgBBA3ZrCwkAQejgAigCAAsJAEHk4AIoAgALLwBBgOACIAFBCCAAa3atNwMAQajgAiAANgIAQbjgAkHAiBM2AgBBvOACQQE2AgALtAEAQYDgAkIANwMAQajgAkEANgIAQazgAkGAgAM2AgBBsOACQYCAAzYCAEGI4AJCADcDAEG04AJBwIgVNgIAQZDgAkLA92o3AwBBuOACQcCIFTYCAEGY4AIgAPwHNwMAQaDgAkIANwMAQcDgAkEAOgAAQcjgAkEAOgAAQeDgAkEANgIAQcCIE0EAQYCAAvwLAEG84AJBADYCAEHc4AJBADYCAEHM4AJBADYCAEHU4AJBADYCAAtuAQJ/QbTgAigCAEHAiBVrIgBFBEAPC0HAiBNBtOACKAIAQYCAAmtBgIAC/AoAAEGQ4AJBkOACKQMAIACtfDcDAEG44AJBwIgTQbjgAigCACIBIABrIAEgAEHAiBNqTRs2AgBBtOACQcCIFTYCAAsGAEHAiBULCQBBtOACKAIACzgAQbzgAigCAAR/QQEFQczgAigCAAsEf0EBBUHU4AIoAgALBH9BAAVBrOACKAIAQbDgAigCAEYLCwsAQeDgAiAANgIACwYAQYCAEAuKAQEBf0Gs4AJBrOACKAIAQajgAigCAEEDdms2AgBBqOACQajgAigCAEEHcTYCAEGA4AJBgOACKQMAQgFBqOACNQIAhkIBfYM3AwBBgIADQazgAigCAEGw4AIoAgBBrOACKAIAayIA/AoAAEGs4AJBgIADNgIAQbDgAiAAQYCAA2o2AgBBsOACKAIAC5sFAgR/AX4DQAJAAkACQAJAQbzgAigCAA4EAAECAgMLEBQiAEEERwRAIAAPC0G44AJBtOACKAIANgIAQbzgAkEBNgIAQZDgAikDAEG04AI1AgB8IgRCAFIEf0GY4AIpAwAgBEGg4AIpAwB9WgVBAAsEf0EABUGg4AIgBDcDAEEBCwRAQQIPCwwDCxAWIgBBBEcEQCAADwsMAgtBvOACKAIAQQJGBH8CfwNAQcTgAigCACIBBEBBAUG04AIoAgAiAkHAiCVPDQIaQQAgAUGw4AIoAgBBrOACKAIAIgBrIgMgASADSRsiAUHAiCUgAmsiAyABIANJGyIBRQ0CGiACIAAgAfwKAABBtOACIAFBtOACKAIAajYCAEGs4AIgAUGs4AIoAgBqNgIAQcTgAkHE4AIoAgAgAWs2AgAMAQsLQQQLBRATCyIAQQRHBEAgAA8LQbzgAkEEQQFBwOACLQAAGzYCAEHA4AItAAANAUGs4AJBrOACKAIAQajgAigCAEEDdms2AgBBqOACQajgAigCAEEHcTYCAEGA4AJBgOACKQMAQgFBqOACNQIAhkIBfYM3AwBBkOACKQMAQbTgAjUCAHwiBEIAUgR/QZjgAikDACAEQaDgAikDAH1aBUEACwR/QQAFQaDgAiAENwMAQQELRQ0BQQIPCwtBrOACQazgAigCAEGo4AIoAgBBA3ZrNgIAQYDgAkIANwMAQajgAkEANgIAQbDgAigCAEGs4AIoAgBrQQhJBH9BAAVB5OACQazgAigCACgCADYCAEHo4AJBrOACKAIAKAIENgIAQazgAkGs4AIoAgBBCGo2AgBBAwsiAEEDRgRAQbzgAkEANgIAQdzgAkEANgIAQczgAkEANgIAQdTgAkEANgIACyAACyUAQbDgAiAAQbDgAigCAGo2AgBBiOACQYjgAikDACAArXw3AwAL9A0DDH8CfgF7QYDgAikDACEMQajgAigCACEDQazgAigCACECQbTgAigCACEAQbDgAigCACEHQbjgAigCACEIA0ACQCAAQcCIJUkgByACa0EgSnEEQCAHQSBrIQogDCACKQMAIAOthoQhDCACQQcgA0EDdkEHcWtqIQIgA0E4ciEDIAxC/w+Dp0ECdEGAIGooAgAhBANAAkACfyAEQQBIBEAgAyAEayEDIAAiAUEBaiEAIAEgBEEQdjoAACAMIAStiCIMQv8Pg6dBAnRBgCBqKAIAIgRBAEgEQCADIARrIQMgACIBQQFqIQAgASAEQRB2OgAAIAwgBK2IIgxC/w+Dp0ECdEGAIGooAgAiBEEASARAIAAgBEEQdjoAACACKQMAIAMgBGsiAa2GIAwgBK2IhCEMIAJBByABQQN2QQdxa2ohAiABQThyIQMgDEL/D4OnQQJ0QYAgaigCACEEIABBAWoMAwsLIAwgAikDACADrYaEIQwgAkEHIANBA3ZBB3FraiECIANBOHIhAwsgDCINIAStiCEMIAMgBGshAyAEQYCAAnEEQCAEQYDAAHEEQEEEIQYMAwsgBEGAIHEEQEFzIQYMAwsgDCINIAynQQEgBEEIdkEPcXRBAWtxIARBEHZqQQJ0QYAgaigCACIErYghDCADIARrIQMgBEEASARAIAAgBEEQdjoAACAMIAIpAwAgA62GhCEMIAJBByADQQN2QQdxa2ohAiADQThyIQMgDEL/D4OnQQJ0QYAgaigCACEEIABBAWoMAgsgBEGAgAJxBEBBBEFzIARBgMAAcRshBgwDCwsgBEEQdiANp0EBIAR0QQFrcSAEQQh2QQ9xdmohCyAMQv8Bg6dBAnRBgKABaigCACIEQYCAAnEEQCAEQYAgcQRAQXMhBgwDCyADQQhrIQMgDEIIiCIMp0EBIARBCHZBD3F0QQFrcSAEQRB2akECdEGAoAFqKAIAIgRBgIACcQRAQXMhBgwDCwsgDCINIAStiCEMIAMgBGshAyAEQRB2IA2nQQEgBHRBAWtxIARBCHZBD3F2aiIFIAAgCGtLBEBBciEGDAILIAwgAikDACADrYaEIQwgAkEHIANBA3ZBB3FraiECIANBOHIhAyAMQv8Pg6dBAnRBgCBqKAIAIQQgACALaiEJIAAhASAFQRBPBEAgACAAIAVrIgX9AAQA/QsEACAAIAX9AAQQ/QsEECALQSBLBEAgAEEgaiEBIAVBIGohBQNAIAEgBf0ABAD9CwQAIAVBEGohBSAJIAFBEGoiAUsNAAsLBSAAIAVr/QAEACAFQQR0QYDcAWr9AAQA/Q4hDiAFQQJ0QYDeAWooAgAhBQNAIAEgDv0LBAAgCSABIAVqIgFLDQALCyAAIAtqCyIAQcCIJUkgAiAKSXENAQsLIAxCASADQT9xIgOthkIBfYMhDCAGDQELA0ACQCAAQcCIJU8EQEEBIQYMAQsDQCACIAdJIANBOElxBEAgAiIBQQFqIQIgDCABMQAAIAOthoQhDCADQQhqIQMMAQsLIAcgAmtBIEoNACAMIQ0gDEL/D4OnQQJ0QYAgaigCACIFQYCAAXEEfyAMQguIIg2nQQEgBUEIdkEPcXRBAWtxIAVBEHZqQQJ0QYAgaigCACEFQQsFQQALIAVB/wFxaiIEIANLDQAgBUGAgICAeHEEQCAAIgFBAWohACABIAVBEHY6AAAgDCAErYghDCADIARrIQMMAgsgBUGAgAJxBEAgBUGAwABxBH8gDCAErYghDCADIARrIQNBBAVBcwshBgwBCyAFQRB2IA2nQQEgBXRBAWtxIAVBCHZBD3F2aiEJIAwgBK2IIg1C/wGDp0ECdEGAoAFqKAIAIgVBgIABcQR/IA1CCIgiDadBASAFQQh2QQ9xdEEBa3EgBUEQdmpBAnRBgKABaigCACEFIARBCGoFIAQLIAVB/wFxaiIBIANLDQAgBUGAgAJxBEBBcyEGDAELIAVBEHYgDadBASAFdEEBa3EgBUEIdkEPcXZqIgQgACAIa0sEQEFyIQYMAQsgDCABrYghDCADIAFrIQMgACAJaiEKIAAhASAEQRBPBEAgACAAIARrIgT9AAQA/QsEACAAIAT9AAQQ/QsEECAJQSBLBEAgAEEgaiEBIARBIGohBQNAIAEgBf0ABAD9CwQAIAVBEGohBSAKIAFBEGoiAUsNAAsLBSAAIARr/QAEACAEQQR0QYDcAWr9AAQA/Q4hDiAEQQJ0QYDeAWooAgAhBANAIAEgDv0LBAAgCiABIARqIgFLDQALCyAAIAlqIQAMAQsLQQEgByACa0EgTCAGG0UNAQsLQYDgAiAMNwMAQajgAiADNgIAQazgAiACNgIAQbTgAiAANgIAIAYLzAYBA38DQEHM4AIoAgBBBkcEQEGs4AIoAgBBsOACKAIATwRAQQAPC0Gs4AJBrOACKAIAIgBBAWo2AgBB3OACIAAtAAAiAUHc4AIoAgAiAEF/cyICc0H/AXFBAnRBgOABaigCACACQQh2c0F/czYCAEHU4AJB1OACKAIAIgJBAWo2AgACQAJAAkACQAJAAkACQEHM4AIoAgAOBgECAwQEBQALAAtBfyEAAkAgAkUgAUEfR3EEf0EBBSACQQFGIAFBiwFHcQsNAEF+IQAgAkECRiABQQhHcQ0AIAJBA0YEQEF9IQAgAUHgAXENAUHQ4AIgATYCAAsgAkEJRgRAQdDgAigCACIAQQRxBEBBzOACQQE2AgAFIABBCHEEQEHM4AJBAzYCAAUgAEEQcQRAQczgAkEENgIABSAAQQJxBEBBzOACQQU2AgAFQczgAkEGNgIACwsLC0HU4AJBADYCAAtBBCEACyAAQQRHBEAgAA8LDAQLIAIEQEHY4AJB2OACKAIAIAFBCHRyNgIAQdjgAigCAARAQczgAkECNgIABUHQ4AIoAgAiAEEIcQRAQczgAkEDNgIABSAAQRBxBEBBzOACQQQ2AgAFIABBAnEEQEHM4AJBBTYCAAVBzOACQQY2AgALCwsLQdTgAkEANgIABUHY4AIgATYCAAsMAwtB2OACKAIAIAJBAWpGBEBB0OACKAIAIgBBCHEEQEHM4AJBAzYCAAUgAEEQcQRAQczgAkEENgIABSAAQQJxBEBBzOACQQU2AgAFQczgAkEGNgIACwsLQdTgAkEANgIACwwCCyABBEBB4OACKAIAIgAgAkEBak1BACAAGwRAQXwPCwVBAEHQ4AIoAgAiAEEEcUHM4AIoAgAiARsEQEHM4AJBATYCAAUgAEEIcUEAIAFBA0kbBEBBzOACQQM2AgAFIABBEHFBACABQQRJGwRAQczgAkEENgIABSAAQQJxQQAgAUEFSRsEQEHM4AJBBTYCAAVBzOACQQY2AgALCwsLQdTgAkEANgIACwwBCyACBEAgAEEIdkH/AXEgAUcEQEF7DwtBzOACQQY2AgBB1OACQQA2AgAFQdzgAiAANgIAIABB/wFxIAFHBEBBew8LCwsMAQsLQQQLqwMAIABBf3MhACABIAJqIQIDQCACIAFrQRBPBEAgASgCACAAcyIAQRh2QQJ0QYDAAmooAgAgAEEQdkH/AXFBAnRBgMgCaigCACAAQf8BcUECdEGA2AJqKAIAIABBCHZB/wFxQQJ0QYDQAmooAgBzc3MgASgCBCIAQRh2QQJ0QYCgAmooAgAgAEEQdkH/AXFBAnRBgKgCaigCACAAQf8BcUECdEGAuAJqKAIAIABBCHZB/wFxQQJ0QYCwAmooAgBzc3NzIAEoAggiAEEYdkECdEGAgAJqKAIAIABBEHZB/wFxQQJ0QYCIAmooAgAgAEH/AXFBAnRBgJgCaigCACAAQQh2Qf8BcUECdEGAkAJqKAIAc3NzcyABKAIMIgBBGHZBAnRBgOABaigCACAAQRB2Qf8BcUECdEGA6AFqKAIAIABB/wFxQQJ0QYD4AWooAgAgAEEIdkH/AXFBAnRBgPABaigCAHNzc3MhACABQRBqIQEMAQsLA0AgASACSQRAIAAgAS0AAHNB/wFxQQJ0QYDgAWooAgAgAEEIdnMhACABQQFqIQEMAQsLIABBf3ML6wgCDX8BfkGA4AIpAwAhDUGo4AIoAgAhDEGs4AIoAgAhAEGw4AIoAgAhCwNAIAAgC0kgDEE4SXEEQCAAIgFBAWohACANIAExAAAgDK2GhCENIAxBCGohDAwBCwsCQCAMQQNJDQAgDUIBg6chCCANQgGIp0EDcSEBIA1CA4ghDSAMQQNrIQwgAUEDRgRAQXoPCyABRQRAIA0gDEEHca2IIQ0gDEF4cSEMA0AgACALSSAMQSBJcQRAIAAiAUEBaiEAIA0gATEAACAMrYaEIQ0gDEEIaiEMDAELCyAMQSBJDQEgDaciAkH//wNxIgEgAkEQdkF/c0H//wNxRwRAQXkPC0Gs4AIgACAMQSBrQQN2azYCAEGA4AJCADcDAEGo4AJBADYCAEHE4AIgATYCAEHA4AIgCDoAAEG84AJBAjYCAEEEDwsgAUEBRgRAQcjgAi0AAEUEQEGA0AFBCEGQAfwLAEGQ0QFBCUHwAPwLAEGA0gFBB0EY/AsAQZjSAUKIkKDAgIGChAg3AABBgCBBC0GA0AFBoAJBgMQBQQAQABpBgNABQQVBIPwLAEGAoAFBCEGA0AFBIEGAzgFBABAAGgtByOACQQE6AAAFIAxBDkkNASANp0EfcUGBAmohCiANQgWIp0EfcUEBaiEJIA1CCoinQQ9xQQRqIQMgDUIOiCENIAxBDmshDCAJQR5LIApBngJLcgRAQXgPC0GA0AFBAEET/AsAA0AgAyAESwRAIAxBA0kEQANAIAAgC0kgDEE4SXEEQCAAIgFBAWohACANIAExAAAgDK2GhCENIAxBCGohDAwBCwsgDEEDSQ0ECyAEQYDaAWotAABBgNABaiANp0EHcToAACANQgOIIQ0gDEEDayEMIARBAWohBAwBCwtBgMABQQdBgNABQRNBgM8BQQAQAEUEQEF3DwsgCSAKaiEGA0AgAiAGSQRAIAxBDkkEQANAIAAgC0kgDEE4SXEEQCAAIgFBAWohACANIAExAAAgDK2GhCENIAxBCGohDAwBCwsLIA2nQf8AcUECdEGAwAFqKAIAIgFB/wFxIQUgAUEQdiIEQRBJBEAgBSAMSw0EIAIiAUEBaiECIAFBgNABaiAEOgAAIA0gBa2IIQ0gDCAFayEMDAILIARBEEYEf0ECBUEDQQcgBEERRhsLIgMgBWogDEsNAyAEQRBGBH8gAkUEQEF3DwsgAkH/zwFqLQAABUEACyEHIA0gBa2Ip0EBIAN0QQFrcUELQQMgBEESRhtqIgEgAmogBksEQEF3DwsgAkGA0AFqIAcgAfwLACABIAJqIQIgDSADIAVqIgGtiCENIAwgAWshDAwBCwtBgNIBLQAARQRAQXYPC0HI4AJBADoAAEGAIEELQYDQASAKQYDEAUEBEABFBEBBdQ8LQYCgAUEIIApBgNABaiAJQYDOAUEBEABFBEBBdA8LC0GA4AIgDTcDAEGo4AIgDDYCAEGs4AIgADYCAEHA4AIgCDoAAEG84AJBAzYCAEEEDwtBAAs=");

// lambda-src/core/inflate/decoder-module.ts
var compiledModule;
var idleInstances = [];
function takeDecoder() {
  const idle = idleInstances.pop();
  if (idle !== void 0) return idle;
  compiledModule ??= new WebAssembly.Module(decoder_default);
  return new WebAssembly.Instance(compiledModule).exports;
}
function giveBackDecoder(decoder2) {
  idleInstances.push(decoder2);
}

// lambda-src/core/inflate/gzip-decoder.ts
var windowBytes = 32768;
var nameLimitBytes = 512;
var needInput = 0;
var outputFull = 1;
var checkpointDue = 2;
var memberEnd = 3;
var problems = /* @__PURE__ */ new Map([
  [-1, "this is no gzip member: its first bytes are not 1f 8b"],
  [-2, "the compression method is not deflate"],
  [-3, "reserved header flags are set"],
  [-4, `a file name or comment in the header has ${nameLimitBytes} bytes or more`],
  [-5, "the header does not match its CRC"],
  [-6, "block type 3 is reserved"],
  [-7, "the length of a stored block does not match its complement"],
  [-8, "a dynamic block has more codes than there are symbols"],
  [-9, "the code lengths of a dynamic block are invalid"],
  [-10, "a dynamic block has no code for its end"],
  [-11, "the literal and length code of a dynamic block is invalid"],
  [-12, "the distance code of a dynamic block is invalid"],
  [-13, "a code stands for no symbol"],
  [-14, "a match reaches back before the start of its member"]
]);
var nativeCrc32 = zlib.crc32;
var GzipDecoder = class {
  #sink;
  #wasm;
  #memory;
  #outputStart;
  #inputCapacity;
  /** Everything below has been given to onConsumed. */
  #consumedAddress;
  #uncompressedBytes = 0;
  /** Of the member that is being read. Undefined where its start was not seen. */
  #memberCrc = 0;
  #memberBytes = 0;
  /** The checkpoint to go on at, until the first byte has come. */
  #resumeBits = 0;
  #isDone = false;
  /**
   * @param spanSize Uncompressed bytes that must lie between two checkpoints, 0 or more; Infinity for no checkpoints
   *   but those where the output is still empty.
   * @param resumeAt Where to go on. The bytes pushed then start at its `compressedOffset`, or one byte earlier if it
   *   has bits. The member it lies in is not checked against its trailer, the ones after it are.
   */
  constructor(spanSize, sink, resumeAt) {
    this.#sink = sink;
    this.#wasm = takeDecoder();
    this.#memory = new Uint8Array(this.#wasm.memory.buffer);
    this.#outputStart = this.#wasm.outputStart();
    this.#inputCapacity = this.#wasm.inputCapacity();
    this.#wasm.reset(Math.min(spanSize, Number.MAX_SAFE_INTEGER));
    this.#wasm.limitNames(nameLimitBytes);
    this.#consumedAddress = this.#wasm.unreadAddress();
    if (resumeAt === void 0) return;
    this.#memory.set(resumeAt.window, this.#wasm.windowAddress());
    this.#memberCrc = void 0;
    this.#resumeBits = resumeAt.bits;
    if (resumeAt.bits === 0) this.#wasm.resumeAtCheckpoint(0, 0);
  }
  /** The tar has been read to its end: the reference then looks at further members with zlib, which takes any name. */
  allowLongNames() {
    this.#wasm.limitNames(0);
  }
  /**
   * Takes the next compressed bytes.
   *
   * @throws FormatError with the offset in the compressed stream. The decoder is then of no further use.
   */
  push(compressed) {
    let next = 0;
    if (this.#resumeBits > 0 && compressed.length > 0) {
      this.#wasm.resumeAtCheckpoint(this.#resumeBits, compressed[0]);
      this.#resumeBits = 0;
      next = 1;
    }
    while (next < compressed.length) {
      const piece = compressed.subarray(next, next + this.#inputCapacity);
      const address = this.#wasm.inputAddress();
      this.#consumedAddress = this.#wasm.unreadAddress();
      this.#memory.set(piece, address);
      this.#wasm.acceptInput(piece.length);
      this.#decode();
      next += piece.length;
    }
  }
  /** Gives out what has been inflated so far, instead of when there is more of it. */
  flush() {
    const end = this.#wasm.outputEnd();
    if (end === this.#outputStart) return;
    const output = this.#memory.subarray(this.#outputStart, end);
    if (this.#memberCrc !== void 0) {
      this.#memberCrc = nativeCrc32 === void 0 ? this.#wasm.updateCrc32(this.#memberCrc, this.#outputStart, output.length) : nativeCrc32(output, this.#memberCrc);
    }
    this.#memberBytes += output.length;
    this.#uncompressedBytes += output.length;
    this.#sink.onOutput(output);
    this.#wasm.releaseOutput();
  }
  /** There are no more bytes. @throws FormatError where the stream may not end. */
  finish() {
    const isComplete = this.#wasm.mayEnd() !== 0 && this.#wasm.unreadOffset() > 0;
    const offset = this.#wasm.unreadOffset();
    this.flush();
    this.release();
    if (!isComplete) throw new FormatError("gzip", "the stream ends in the middle", offset);
  }
  /** Gives the decoder's memory back. Called by `finish`; to be called where the stream is not read to its end. */
  release() {
    if (!this.#isDone) giveBackDecoder(this.#wasm);
    this.#isDone = true;
  }
  #decode() {
    for (; ; ) {
      const status = this.#wasm.decode();
      this.#reportConsumed();
      switch (status) {
        case needInput:
          return;
        case outputFull:
          this.flush();
          break;
        case checkpointDue: {
          this.flush();
          this.#sink.onCheckpoint?.({
            compressedOffset: this.#wasm.unreadOffset(),
            uncompressedOffset: this.#uncompressedBytes,
            bits: this.#wasm.unreadBits(),
            window: this.#memory.slice(this.#outputStart - windowBytes, this.#outputStart)
          });
          break;
        }
        case memberEnd:
          this.flush();
          this.#checkTrailer();
          break;
        default:
          throw new FormatError(
            "gzip",
            problems.get(status) ?? `status ${status}`,
            this.#wasm.unreadOffset()
          );
      }
    }
  }
  #reportConsumed() {
    const end = this.#wasm.unreadAddress();
    if (end > this.#consumedAddress)
      this.#sink.onConsumed?.(this.#memory.subarray(this.#consumedAddress, end));
    this.#consumedAddress = end;
  }
  #checkTrailer() {
    const offset = this.#wasm.unreadOffset();
    if (this.#memberCrc !== void 0) {
      if (this.#memberCrc >>> 0 !== this.#wasm.trailerCrc() >>> 0) {
        throw new FormatError("gzip", "the data does not match the CRC-32 in its trailer", offset);
      }
      if (this.#memberBytes % 2 ** 32 !== this.#wasm.trailerLength() >>> 0) {
        throw new FormatError("gzip", "the data does not have the length in its trailer", offset);
      }
    }
    this.#memberCrc = 0;
    this.#memberBytes = 0;
  }
};

// lambda-src/core/tar/number.ts
var largestInteger = (1n << 63n) - 1n;
var nul = 0;
var space = 32;
var plus = 43;
var minus = 45;
var digitZero = 48;
function decodeNumericField(block, start, length) {
  return block[start] >= 128 ? decodeBase256(block, start, length) : decodeOctal(block, start, length);
}
function decodeOctal(block, start, length) {
  const end = start + length;
  let at = start;
  while (at < end && isBlank(block[at])) {
    at++;
  }
  if (at === end) {
    return 0n;
  }
  const firstDigit = at;
  let value = 0;
  while (at < end && (block[at] & 248) === digitZero) {
    value = value * 8 + (block[at] & 7);
    at++;
  }
  if (at === firstDigit) {
    return void 0;
  }
  if (at < end && block[at] !== nul) {
    while (at < end && isBlank(block[at])) {
      at++;
    }
    if (at < end) {
      return void 0;
    }
  }
  return BigInt(value);
}
function isBlank(byte) {
  return byte === space || byte === nul;
}
function decodeBase256(block, start, length) {
  const isNegative = (block[start] & 64) !== 0;
  const inversion = isNegative ? 255 : 0;
  let magnitude = BigInt((block[start] ^ inversion) & 127);
  for (let at = start + 1; at < start + length; at++) {
    magnitude = magnitude << 8n | BigInt(block[at] ^ inversion);
  }
  if (magnitude > largestInteger) {
    return void 0;
  }
  return isNegative ? -1n - magnitude : magnitude;
}
function parseDecimal(text2) {
  const isNegative = text2[0] === minus;
  let at = isNegative || text2[0] === plus ? 1 : 0;
  if (at === text2.length) {
    return void 0;
  }
  while (at < text2.length && text2[at] === digitZero) {
    at++;
  }
  if (text2.length - at > 19) {
    return void 0;
  }
  const exactEnd = Math.min(text2.length, at + 15);
  let leading = 0;
  for (; at < exactEnd; at++) {
    const digit = text2[at] - digitZero;
    if (digit < 0 || digit > 9) {
      return void 0;
    }
    leading = leading * 10 + digit;
  }
  let magnitude = BigInt(leading);
  for (; at < text2.length; at++) {
    const digit = text2[at] - digitZero;
    if (digit < 0 || digit > 9) {
      return void 0;
    }
    magnitude = magnitude * 10n + BigInt(digit);
  }
  if (isNegative) {
    return magnitude > largestInteger + 1n ? void 0 : -magnitude;
  }
  return magnitude > largestInteger ? void 0 : magnitude;
}

// lambda-src/core/tar/quote.ts
var shownBytes = 100;
function quoteBytes(bytes) {
  const text2 = JSON.stringify(new TextDecoder().decode(bytes.subarray(0, shownBytes)));
  return bytes.length > shownBytes ? `${text2}…` : text2;
}

// lambda-src/core/tar/header.ts
var blockBytes = 512;
var noBytes = new Uint8Array(0);
var space2 = 32;
var slash = 47;
var checksumStart = 148;
var checksumEnd = 156;
function isZeroBlock(block) {
  for (let at = 0; at < blockBytes; at++) {
    if (block[at] !== 0) {
      return false;
    }
  }
  return true;
}
function decodeHeader(block, offset) {
  checkChecksum(block, offset);
  const dialect = detectDialect(block);
  const header = {
    typeFlag: block[156],
    name: readText(block, 0, 100),
    linkName: readText(block, 157, 100),
    size: readNumber(block, "size", 124, 12, offset),
    mode: readNumber(block, "mode", 100, 8, offset),
    userId: readNumber(block, "uid", 108, 8, offset),
    groupId: readNumber(block, "gid", 116, 8, offset),
    modificationTime: { seconds: readNumber(block, "mtime", 136, 12, offset), nanoseconds: 0 },
    userName: dialect === "v7" ? noBytes : readText(block, 265, 32),
    groupName: dialect === "v7" ? noBytes : readText(block, 297, 32),
    deviceMajor: dialect === "v7" ? 0n : readNumber(block, "devmajor", 329, 8, offset),
    deviceMinor: dialect === "v7" ? 0n : readNumber(block, "devminor", 337, 8, offset)
  };
  const prefix = readPrefix(block, dialect, offset);
  if (prefix.length > 0) {
    header.name = joinPath(prefix, header.name);
  }
  return header;
}
function checkChecksum(block, offset) {
  const found = decodeOctal(block, checksumStart, checksumEnd - checksumStart);
  let sum = 0;
  for (let at = 0; at < blockBytes; at += 4) {
    sum += block[at] + block[at + 1] + block[at + 2] + block[at + 3];
  }
  for (let at = checksumStart; at < checksumEnd; at++) {
    sum += space2 - block[at];
  }
  if (found !== BigInt(sum) && found !== BigInt(sum - 256 * countHighBytes(block))) {
    const field = quoteBytes(block.subarray(checksumStart, checksumEnd));
    throw new FormatError(
      "tar",
      `not a tar header: its checksum field is ${field}, but its bytes sum up to ${sum} (octal ${sum.toString(8)})`,
      offset
    );
  }
}
function countHighBytes(block) {
  let count = 0;
  for (let at = 0; at < blockBytes; at++) {
    count += at < checksumStart || at >= checksumEnd ? block[at] >> 7 : 0;
  }
  return count;
}
function detectDialect(block) {
  if (hasText(block, 257, "ustar\0")) {
    return hasText(block, 508, "tar\0") ? "star" : "ustar";
  }
  return hasText(block, 257, "ustar  \0") ? "gnu" : "v7";
}
function hasText(block, start, text2) {
  for (let at = 0; at < text2.length; at++) {
    if (block[start + at] !== text2.charCodeAt(at)) {
      return false;
    }
  }
  return true;
}
function readPrefix(block, dialect, offset) {
  switch (dialect) {
    case "v7":
      return noBytes;
    case "ustar":
      return readText(block, 345, 155);
    case "star":
      readNumber(block, "atime", 476, 12, offset);
      readNumber(block, "ctime", 488, 12, offset);
      return readText(block, 345, 131);
    case "gnu":
      return readGnuPrefix(block);
  }
}
function readGnuPrefix(block) {
  const hasTimes = (block[345] === 0 || decodeNumericField(block, 345, 12) !== void 0) && (block[357] === 0 || decodeNumericField(block, 357, 12) !== void 0);
  if (hasTimes) {
    return noBytes;
  }
  const prefix = readText(block, 345, 155);
  return prefix.every((byte) => byte < 128) ? prefix : noBytes;
}
function joinPath(prefix, name) {
  const path = new Uint8Array(prefix.length + 1 + name.length);
  path.set(prefix);
  path[prefix.length] = slash;
  path.set(name, prefix.length + 1);
  return path;
}
function readText(block, start, length) {
  let end = start;
  while (end < start + length && block[end] !== 0) {
    end++;
  }
  return end === start ? noBytes : block.subarray(start, end);
}
function readNumber(block, field, start, length, offset) {
  const value = decodeNumericField(block, start, length);
  if (value === void 0) {
    const name = quoteBytes(readText(block, 0, 100));
    const found = quoteBytes(block.subarray(start, start + length));
    throw new FormatError("tar", `entry ${name}: its field ${field} is no number: ${found}`, offset);
  }
  return value;
}

// lambda-src/core/tar/time.ts
var nanosecondDigits = 9;
var nanosecondsPerSecond = 1e9;
var earliestSeconds = -62167219200n;
var latestSeconds = 253402300799n;
var twoDigits = Array.from({ length: 100 }, (_, number) => String(number).padStart(2, "0"));
var minus2 = 45;
var point = 46;
var digitZero2 = 48;
function parsePaxTime(text2) {
  const pointAt = text2.indexOf(point);
  const seconds = parseDecimal(pointAt < 0 ? text2 : text2.subarray(0, pointAt));
  if (seconds === void 0) {
    return void 0;
  }
  let nanoseconds = 0;
  if (pointAt >= 0) {
    const firstDigit = pointAt + 1;
    for (let at = firstDigit; at < text2.length; at++) {
      const digit = text2[at] - digitZero2;
      if (digit < 0 || digit > 9) {
        return void 0;
      }
      if (at < firstDigit + nanosecondDigits) {
        nanoseconds = nanoseconds * 10 + digit;
      }
    }
    for (let digits = text2.length - firstDigit; digits < nanosecondDigits; digits++) {
      nanoseconds *= 10;
    }
  }
  if (text2[0] === minus2 && nanoseconds > 0) {
    return { seconds: seconds - 1n, nanoseconds: nanosecondsPerSecond - nanoseconds };
  }
  return { seconds, nanoseconds };
}
function formatRfc3339({ seconds, nanoseconds }) {
  if (seconds < earliestSeconds || seconds > latestSeconds) {
    return "";
  }
  const date = new Date(Number(seconds) * 1e3);
  const year = date.getUTCFullYear();
  const wholeSeconds = `${twoDigits[Math.floor(year / 100)]}${twoDigits[year % 100]}-${twoDigits[date.getUTCMonth() + 1]}-${twoDigits[date.getUTCDate()]}T${twoDigits[date.getUTCHours()]}:${twoDigits[date.getUTCMinutes()]}:${twoDigits[date.getUTCSeconds()]}`;
  if (nanoseconds === 0) {
    return `${wholeSeconds}Z`;
  }
  const fraction = String(nanoseconds).padStart(nanosecondDigits, "0").replace(/0+$/, "");
  return `${wholeSeconds}.${fraction}Z`;
}

// lambda-src/core/tar/pax.ts
var nul2 = 0;
var newline = 10;
var space3 = 32;
var comma = 44;
var equalsSign = 61;
var shortestRecordBytes = 5n;
var sparseMapKey = "GNU.sparse.map";
function parsePaxRecords(area, offset) {
  const characters = Buffer.from(area.buffer, area.byteOffset, area.length);
  const records = /* @__PURE__ */ new Map();
  const sparseNumbers = [];
  let start = 0;
  while (start < area.length) {
    const { keyStart, keyEnd, end } = findRecord(area, start, offset);
    const key = characters.toString("latin1", keyStart, keyEnd);
    const value = area.subarray(keyEnd + 1, end - 1);
    if (hasForbiddenNul(key, value)) {
      throw new FormatError(
        "tar",
        `PAX record ${quoteBytes(area.subarray(start, end))} contains a NUL`,
        offset
      );
    }
    if (key === "GNU.sparse.offset" || key === "GNU.sparse.numbytes") {
      const expectedKey = sparseNumbers.length % 2 === 0 ? "GNU.sparse.offset" : "GNU.sparse.numbytes";
      if (key !== expectedKey || value.includes(comma)) {
        throw new FormatError("tar", `PAX record ${key}=${quoteBytes(value)} is out of place`, offset);
      }
      sparseNumbers.push(value);
    } else {
      records.set(key, { key: area.subarray(keyStart, keyEnd), value });
    }
    start = end;
  }
  if (sparseNumbers.length > 0) {
    records.set(sparseMapKey, { key: Buffer.from(sparseMapKey), value: joinByCommas(sparseNumbers) });
  }
  return records;
}
function findRecord(area, start, offset) {
  const fail = (problem) => {
    throw new FormatError("tar", `PAX record ${quoteBytes(area.subarray(start))} ${problem}`, offset);
  };
  const spaceAt = area.indexOf(space3, start);
  const length = spaceAt < 0 ? void 0 : parseDecimal(area.subarray(start, spaceAt));
  if (length === void 0) {
    return fail("does not begin with its length");
  }
  if (length < shortestRecordBytes || length > area.length - start) {
    return fail("has a length that cannot be");
  }
  const end = start + Number(length);
  const keyStart = spaceAt + 1;
  if (end <= keyStart || area[end - 1] !== newline) {
    return fail("does not end with a newline where its length says");
  }
  const keyEnd = area.indexOf(equalsSign, keyStart);
  if (keyEnd < 0 || keyEnd >= end - 1) {
    return fail("has no equals sign");
  }
  if (keyEnd === keyStart) {
    return fail("has no key");
  }
  return { keyStart, keyEnd, end };
}
function hasForbiddenNul(key, value) {
  switch (key) {
    case "path":
    case "linkpath":
    case "uname":
    case "gname":
      return value.includes(nul2);
    default:
      return key.includes("\0");
  }
}
function joinByCommas(parts) {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, parts.length - 1));
  joined.fill(comma);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length + 1;
  }
  return joined;
}
function findPaxValue(records, key) {
  const value = records.get(key)?.value;
  return value?.length === 0 ? void 0 : value;
}
function sortPaxRecords(records) {
  return [...records].sort(([left], [right]) => left < right ? -1 : 1).map(([, record]) => record);
}
function applyPaxRecords(header, records, offset) {
  const valueOf = (key) => findPaxValue(records, key);
  const parseWith = (key, parse) => {
    const text2 = valueOf(key);
    if (text2 === void 0) {
      return void 0;
    }
    const parsed = parse(text2);
    if (parsed === void 0) {
      const name = quoteBytes(header.name);
      throw new FormatError(
        "tar",
        `entry ${name}: its PAX record ${key} is wrong: ${quoteBytes(text2)}`,
        offset
      );
    }
    return parsed;
  };
  const numberOf = (key) => parseWith(key, parseDecimal);
  const timeOf = (key) => parseWith(key, parsePaxTime);
  header.name = valueOf("path") ?? header.name;
  header.linkName = valueOf("linkpath") ?? header.linkName;
  header.userName = valueOf("uname") ?? header.userName;
  header.groupName = valueOf("gname") ?? header.groupName;
  header.userId = numberOf("uid") ?? header.userId;
  header.groupId = numberOf("gid") ?? header.groupId;
  header.size = numberOf("size") ?? header.size;
  header.modificationTime = timeOf("mtime") ?? header.modificationTime;
  timeOf("atime");
  timeOf("ctime");
}

// lambda-src/core/tar/sparse.ts
var longestMapBytes = 1 << 20;
var newline2 = 10;
var comma2 = 44;
function findSparseMap(records) {
  const version2 = `${textOf(records, "GNU.sparse.major")}.${textOf(records, "GNU.sparse.minor")}`;
  switch (version2) {
    case "0.0":
    case "0.1":
      return "in the records";
    case "1.0":
      return "before the data";
    case ".":
      return findPaxValue(records, "GNU.sparse.map") === void 0 ? void 0 : "in the records";
    default:
      return void 0;
  }
}
function applySparseRecords(header, records, offset) {
  header.name = findPaxValue(records, "GNU.sparse.name") ?? header.name;
  const sizeText = findPaxValue(records, "GNU.sparse.size") ?? findPaxValue(records, "GNU.sparse.realsize");
  if (sizeText !== void 0) {
    const size = parseDecimal(sizeText);
    if (size === void 0) {
      throw mapError(header, `its real size is no number: ${quoteBytes(sizeText)}`, offset);
    }
    header.size = size;
  }
}
function checkSparseMapRecord(header, records, offset) {
  const countText = records.get("GNU.sparse.numblocks")?.value ?? new Uint8Array(0);
  const count = parseDecimal(countText);
  const map = findPaxValue(records, "GNU.sparse.map");
  const numbers = map === void 0 ? [] : parseNumbers(map, comma2);
  if (count === void 0 || BigInt(numbers.length) !== 2n * count) {
    throw mapError(header, `${numbers.length} numbers for ${quoteBytes(countText)} fragments`, offset);
  }
  checkFragments(numbers, header, offset);
}
var SparseMapBlocks = class {
  #header;
  #offset;
  #bytes = new Uint8Array(blockBytes);
  #byteCount = 0;
  #lineCount = 0;
  /** How many lines the map has; known once the first has come. */
  #mapLines;
  /** @param offset Where the header of the entry lies, for messages. */
  constructor(header, offset) {
    this.#header = header;
    this.#offset = offset;
  }
  /**
   * Takes the next block, and says whether the map is complete. The rest of its last block does not count.
   *
   * @throws FormatError if the map is wrong, or too long.
   */
  push(block) {
    if (this.#byteCount + block.length > longestMapBytes) {
      throw this.#error(`more than ${longestMapBytes} bytes`);
    }
    this.#append(block);
    for (const byte of block) {
      this.#lineCount += byte === newline2 ? 1 : 0;
    }
    if (this.#mapLines === void 0 && this.#lineCount > 0) {
      const countText = this.#bytes.subarray(0, this.#bytes.indexOf(newline2));
      const count = parseDecimal(countText);
      if (count === void 0 || count < 0n) {
        throw this.#error(`${quoteBytes(countText)} fragments`);
      }
      this.#mapLines = 1 + 2 * Number(count);
    }
    if (this.#mapLines === void 0 || this.#lineCount < this.#mapLines) {
      return false;
    }
    const lines = parseNumbers(this.#bytes.subarray(0, this.#byteCount), newline2, this.#mapLines);
    checkFragments(lines.slice(1), this.#header, this.#offset);
    return true;
  }
  #append(block) {
    if (this.#byteCount + block.length > this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#bytes.length);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(block, this.#byteCount);
    this.#byteCount += block.length;
  }
  #error(problem) {
    return mapError(this.#header, problem, this.#offset);
  }
};
function parseNumbers(text2, separator, limit = Infinity) {
  const numbers = [];
  let start = 0;
  while (start <= text2.length && numbers.length < limit) {
    const separatorAt = text2.indexOf(separator, start);
    const end = separatorAt < 0 ? text2.length : separatorAt;
    numbers.push(parseDecimal(text2.subarray(start, end)));
    start = end + 1;
  }
  return numbers;
}
function checkFragments(numbers, header, offset) {
  if (header.size < 0n) {
    throw mapError(header, `the file's size is ${header.size.toString()}`, offset);
  }
  let previousEnd = 0n;
  for (let at = 0; at < numbers.length; at += 2) {
    const start = numbers[at];
    const length = numbers[at + 1];
    if (start === void 0 || length === void 0) {
      throw mapError(header, `fragment ${at / 2} has no offset or no length`, offset);
    }
    if (start < previousEnd || length < 0n || start + length > header.size) {
      const fragment = `fragment ${at / 2}, ${length.toString()} bytes at ${start.toString()}`;
      const file = `the file's ${header.size.toString()} bytes`;
      throw mapError(header, `${fragment}, is out of order or not within ${file}`, offset);
    }
    previousEnd = start + length;
  }
}
function mapError(header, problem, offset) {
  return new FormatError(
    "tar",
    `entry ${quoteBytes(header.name)}: its sparse map is wrong: ${problem}`,
    offset
  );
}
function textOf(records, key) {
  return Buffer.from(findPaxValue(records, key) ?? []).toString("latin1");
}

// lambda-src/core/tar/reader.ts
var longestMetadataBytes = 1 << 20;
var slash2 = 47;
var oldRegularFile = 0;
var regularFile = 48;
var hardLink = 49;
var symbolicLink = 50;
var characterDevice = 51;
var blockDevice = 52;
var directory = 53;
var fifo = 54;
var gnuLongLinkName = 75;
var gnuLongName = 76;
var gnuSparseFile = 83;
var paxGlobalHeader = 103;
var paxHeader = 120;
var noRecords = [];
var TarReader = class {
  #onEntry;
  #block = new Uint8Array(blockBytes);
  #position = 0;
  #dataStart = 0;
  #dataBytes = 0n;
  #collectFrom = 0;
  #collected = this.#block;
  #collectedBytes = 0;
  #stage = { kind: "header" };
  /** The latest header. Its names stay whole while its data is skipped, as views of the block or of metadata. */
  #header;
  #headerOffset = 0;
  #metadataAreas = /* @__PURE__ */ new Map();
  // What entries of metadata have said about the entry to come.
  #paxRecords;
  #longName = noBytes;
  #longLinkName = noBytes;
  /**
   * @param onEntry Called for each entry as soon as its headers have come. The byte arrays of an entry, also those of
   *   its PAX records, are views that are valid only during the call: who keeps them must copy them.
   */
  constructor(onEntry) {
    this.#onEntry = onEntry;
  }
  /** Whether the end marker, two blocks of zeros, has been read. Whatever is pushed after it is ignored. */
  get ended() {
    return this.#stage.kind === "ended";
  }
  /**
   * Reads on. No reference to `bytes` is kept, and data of entries is not copied: bytes that lie wholly within it cost
   * next to nothing, however many.
   *
   * @throws FormatError if the archive is malformed or has an entry that no SOCI index can describe. The reader is of
   *   no use after that.
   */
  push(bytes) {
    let at = 0;
    while (at < bytes.length && !this.ended) {
      const available = bytes.length - at;
      if (this.#position < this.#collectFrom) {
        const skipped = Math.min(available, this.#collectFrom - this.#position);
        at += skipped;
        this.#position += skipped;
        continue;
      }
      const taken = Math.min(available, this.#collected.length - this.#collectedBytes);
      this.#collected.set(bytes.subarray(at, at + taken), this.#collectedBytes);
      at += taken;
      this.#position += taken;
      this.#collectedBytes += taken;
      if (this.#collectedBytes === this.#collected.length) {
        this.#readCollected();
      }
    }
  }
  /**
   * Says that no more bytes come. The end marker may be missing, and the last padding too.
   *
   * @returns How far the archive reaches, in bytes: just after the end marker, or without one to the end of the input.
   * @throws FormatError if the input ends within a header or within data.
   */
  finish() {
    if (this.ended) {
      return this.#position;
    }
    if (this.#header !== void 0 && this.#position < this.#dataEnd) {
      const found = this.#position - this.#dataStart;
      throw this.#entryError(
        this.#header,
        `the archive ends after ${found} of its ${this.#dataBytes.toString()} bytes`
      );
    }
    if (this.#collectedBytes > 0) {
      throw new FormatError(
        "tar",
        `the archive ends after ${this.#collectedBytes} bytes of a header block`,
        this.#position - this.#collectedBytes
      );
    }
    return this.#position;
  }
  get #dataEnd() {
    return this.#dataStart + Number(this.#dataBytes);
  }
  /** Fills `area` with what comes from offset `from` on; it will be read as `stage` says. */
  #collect(stage, area, from) {
    this.#stage = stage;
    this.#collected = area;
    this.#collectedBytes = 0;
    this.#collectFrom = from;
  }
  #readCollected() {
    switch (this.#stage.kind) {
      case "header":
        if (isZeroBlock(this.#block)) {
          this.#collect({ kind: "end marker" }, this.#block, this.#position);
        } else {
          this.#readHeader();
        }
        return;
      case "end marker":
        this.#readEndMarker();
        return;
      case "metadata":
        this.#readMetadata(this.#stage.header, this.#collected);
        return;
      case "sparse map":
        this.#readSparseMapBlock(this.#stage.header, this.#stage.map, this.#collected);
        return;
      case "ended":
        return;
    }
  }
  #readEndMarker() {
    if (!isZeroBlock(this.#block)) {
      const offset = this.#position - blockBytes;
      throw new FormatError(
        "tar",
        "one block of zeros, where two would end the archive, is followed by more",
        offset
      );
    }
    this.#stage = { kind: "ended" };
  }
  #readHeader() {
    this.#headerOffset = this.#position - blockBytes;
    const header = decodeHeader(this.#block, this.#headerOffset);
    this.#header = header;
    this.#beginData(header, !isTypeWithoutData(header.typeFlag));
    switch (header.typeFlag) {
      case paxHeader:
      case gnuLongName:
      case gnuLongLinkName:
        this.#beginMetadata(header);
        return;
      default:
        this.#readEntry(header);
    }
  }
  #beginData(header, hasData) {
    if (hasData && header.size < 0n) {
      throw this.#entryError(header, `its size is ${header.size.toString()}`);
    }
    this.#dataStart = this.#position;
    this.#dataBytes = hasData ? header.size : 0n;
  }
  /** The next header follows the data, at the next whole block. */
  #expectHeader() {
    this.#collect({ kind: "header" }, this.#block, Math.ceil(this.#dataEnd / blockBytes) * blockBytes);
  }
  #beginMetadata(header) {
    if (this.#dataBytes > longestMetadataBytes) {
      const length = this.#dataBytes.toString();
      throw this.#entryError(header, `${length} bytes of metadata are more than ${longestMetadataBytes}`);
    }
    const metadata = this.#findMetadataArea(header.typeFlag, Number(this.#dataBytes));
    if (metadata.length === 0) {
      this.#readMetadata(header, metadata);
    } else {
      this.#collect({ kind: "metadata", header }, metadata, this.#position);
    }
  }
  /** Room for metadata. A kind of metadata has its own, which is used again: what is new replaces what was there. */
  #findMetadataArea(typeFlag, length) {
    let area = this.#metadataAreas.get(typeFlag);
    if (area === void 0 || area.length < length) {
      area = new Uint8Array(Math.max(2 * length, blockBytes));
      this.#metadataAreas.set(typeFlag, area);
    }
    return area.subarray(0, length);
  }
  /** Of two entries of metadata of the same kind the later one replaces the earlier one, also if it is empty. */
  #readMetadata(header, metadata) {
    switch (header.typeFlag) {
      case paxHeader:
        this.#paxRecords = parsePaxRecords(metadata, this.#headerOffset);
        break;
      case gnuLongName:
        this.#longName = cutAtNul(metadata);
        break;
      case gnuLongLinkName:
        this.#longLinkName = cutAtNul(metadata);
        break;
    }
    this.#expectHeader();
  }
  #readEntry(header) {
    const records = this.#paxRecords;
    if (records !== void 0) {
      applyPaxRecords(header, records, this.#headerOffset);
    }
    if (this.#longName.length > 0) {
      header.name = this.#longName;
    }
    if (this.#longLinkName.length > 0) {
      header.linkName = this.#longLinkName;
    }
    const type = findEntryType(header);
    if (type === void 0) {
      throw this.#entryError(header, `a SOCI index cannot describe ${describeTypeFlag(header.typeFlag)}`);
    }
    this.#beginData(header, type === "reg");
    const sparseMapPlace = records === void 0 ? void 0 : findSparseMap(records);
    if (records === void 0 || sparseMapPlace === void 0) {
      this.#emitEntry(header, type);
      return;
    }
    if (type !== "reg") {
      throw this.#entryError(header, `it is of type ${type}, but has records of a sparse file`);
    }
    applySparseRecords(header, records, this.#headerOffset);
    if (sparseMapPlace === "in the records") {
      checkSparseMapRecord(header, records, this.#headerOffset);
      this.#emitEntry(header, type);
    } else {
      this.#collectSparseMapBlock(header, new SparseMapBlocks(header, this.#headerOffset));
    }
  }
  #collectSparseMapBlock(header, map) {
    if (this.#position + blockBytes > this.#dataEnd) {
      throw this.#entryError(header, "its data ends before its sparse map does");
    }
    this.#collect({ kind: "sparse map", header, map }, new Uint8Array(blockBytes), this.#position);
  }
  #readSparseMapBlock(header, map, block) {
    if (map.push(block)) {
      this.#emitEntry(header, "reg");
    } else {
      this.#collectSparseMapBlock(header, map);
    }
  }
  /** Hands out the entry whose data begins here. */
  #emitEntry(header, type) {
    const records = this.#paxRecords;
    this.#paxRecords = void 0;
    this.#longName = noBytes;
    this.#longLinkName = noBytes;
    this.#expectHeader();
    this.#onEntry({
      name: header.name,
      type,
      uncompressedOffset: this.#position,
      uncompressedSize: header.size,
      linkName: header.linkName,
      mode: header.mode,
      uid: lowBits(header.userId),
      gid: lowBits(header.groupId),
      userName: header.userName,
      groupName: header.groupName,
      modificationTime: formatRfc3339(header.modificationTime),
      deviceMajor: header.deviceMajor,
      deviceMinor: header.deviceMinor,
      paxRecords: records === void 0 ? noRecords : sortPaxRecords(records)
    });
  }
  #entryError(header, problem) {
    return new FormatError("tar", `entry ${quoteBytes(header.name)}: ${problem}`, this.#headerOffset);
  }
};
function isTypeWithoutData(typeFlag) {
  return typeFlag >= hardLink && typeFlag <= fifo;
}
function findEntryType({ typeFlag, name }) {
  switch (typeFlag) {
    case oldRegularFile:
      return name[name.length - 1] === slash2 ? "dir" : "reg";
    case regularFile:
      return "reg";
    case hardLink:
      return "hardlink";
    case symbolicLink:
      return "symlink";
    case characterDevice:
      return "char";
    case blockDevice:
      return "block";
    case directory:
      return "dir";
    case fifo:
      return "fifo";
    default:
      return void 0;
  }
}
function describeTypeFlag(typeFlag) {
  switch (typeFlag) {
    case paxGlobalHeader:
      return "a PAX global header (type 'g', as `git archive` writes it)";
    case gnuSparseFile:
      return "a sparse file in the old GNU format (type 'S')";
    default:
      return `an entry of type ${quoteBytes(Uint8Array.of(typeFlag))}`;
  }
}
function cutAtNul(text2) {
  const end = text2.indexOf(0);
  return end < 0 ? text2 : text2.subarray(0, end);
}
function lowBits(value) {
  return Number(BigInt.asUintN(32, value));
}

// lambda-src/core/ztoc/span-digests.ts
import { createHash as createHash2 } from "node:crypto";
var SpanDigests = class {
  #digests = [];
  #hash;
  #lastByte = new Uint8Array(1);
  /** Compressed bytes up to the next checkpoint, or some of them. At least one. */
  add(compressed) {
    this.#hash?.update(compressed);
    this.#lastByte[0] = compressed[compressed.length - 1];
  }
  /** A checkpoint with `bits` bits left of the last byte added. */
  startSpan(bits) {
    this.#endSpan();
    this.#hash = createHash2("sha256");
    if (bits > 0) this.#hash.update(this.#lastByte);
  }
  /** The digests of all spans; the layer has ended. */
  finish() {
    this.#endSpan();
    return this.#digests;
  }
  #endSpan() {
    if (this.#hash !== void 0) this.#digests.push(`sha256:${this.#hash.digest("hex")}`);
    this.#hash = void 0;
  }
};

// lambda-src/core/ztoc/table-of-contents.ts
var chunkBytes = 1024 * 1024;
var entryTypes = ["reg", "hardlink", "symlink", "char", "block", "dir", "fifo"];
var offsetAt = 0;
var sizeAt = 8;
var modeAt = 16;
var deviceMajorAt = 24;
var deviceMinorAt = 32;
var uidAt = 40;
var gidAt = 44;
var paxRecordsAt = 48;
var typeAt = 52;
var stringsAt = 53;
var lengthBytes = 4;
var stringsOfEveryEntry = 5;
var nothing = new Uint8Array(0);
var tarBlockBytes = 512n;
var TableOfContents = class {
  #chunks = [];
  #chunkUsedBytes = 0;
  /** Place of entry i, as chunk number * chunkBytes + byte in it. */
  #places = [];
  #stringBytes = 0;
  #paxRecordCount = 0;
  /** Appends a copy of an entry: its arrays may be reused afterwards. */
  add(entry) {
    let strings = entry.name.length + entry.linkName.length + entry.userName.length + entry.groupName.length + entry.modificationTime.length;
    for (const record of entry.paxRecords) strings += record.key.length + record.value.length;
    const stringCount = stringsOfEveryEntry + 2 * entry.paxRecords.length;
    const chunk = this.#reserve(stringsAt + stringCount * lengthBytes + strings);
    const start = this.#chunkUsedBytes;
    this.#places.push((this.#chunks.length - 1) * chunkBytes + start);
    this.#stringBytes += strings;
    this.#paxRecordCount += entry.paxRecords.length;
    chunk.setFloat64(start + offsetAt, entry.uncompressedOffset, true);
    chunk.setBigInt64(start + sizeAt, entry.uncompressedSize, true);
    chunk.setBigInt64(start + modeAt, entry.mode, true);
    chunk.setBigInt64(start + deviceMajorAt, entry.deviceMajor, true);
    chunk.setBigInt64(start + deviceMinorAt, entry.deviceMinor, true);
    chunk.setUint32(start + uidAt, entry.uid, true);
    chunk.setUint32(start + gidAt, entry.gid, true);
    chunk.setUint32(start + paxRecordsAt, entry.paxRecords.length, true);
    chunk.setUint8(start + typeAt, entryTypes.indexOf(entry.type));
    let next = start + stringsAt;
    next = writeBytes(chunk, next, entry.name);
    next = writeBytes(chunk, next, entry.linkName);
    next = writeBytes(chunk, next, entry.userName);
    next = writeBytes(chunk, next, entry.groupName);
    next = writeText(chunk, next, entry.modificationTime);
    for (const record of entry.paxRecords) {
      next = writeBytes(chunk, next, record.key);
      next = writeBytes(chunk, next, record.value);
    }
    this.#chunkUsedBytes = next;
  }
  get length() {
    return this.#places.length;
  }
  /** Bytes of all names, times and PAX records together. */
  get stringBytes() {
    return this.#stringBytes;
  }
  get paxRecordCount() {
    return this.#paxRecordCount;
  }
  /** Entry `index`, in the order of the tar. Its arrays are views: not to be written to. */
  at(index) {
    const place = this.#places[index];
    if (place === void 0)
      throw new RangeError(`Expected \`index\` to be below ${this.length}, got ${index}`);
    const chunk = this.#chunks[Math.floor(place / chunkBytes)];
    const start = place % chunkBytes;
    const strings = new StringReader(chunk, start + stringsAt);
    return {
      uncompressedOffset: chunk.getFloat64(start + offsetAt, true),
      uncompressedSize: chunk.getBigInt64(start + sizeAt, true),
      mode: chunk.getBigInt64(start + modeAt, true),
      deviceMajor: chunk.getBigInt64(start + deviceMajorAt, true),
      deviceMinor: chunk.getBigInt64(start + deviceMinorAt, true),
      uid: chunk.getUint32(start + uidAt, true),
      gid: chunk.getUint32(start + gidAt, true),
      type: entryTypes[chunk.getUint8(start + typeAt)],
      name: strings.readBytes(),
      linkName: strings.readBytes(),
      userName: strings.readBytes(),
      groupName: strings.readBytes(),
      modificationTime: strings.readText(),
      paxRecords: strings.readPaxRecords(chunk.getUint32(start + paxRecordsAt, true))
    };
  }
  *[Symbol.iterator]() {
    for (let index = 0; index < this.length; index++) yield this.at(index);
  }
  /**
   * The first entry that begins before the end of the one in front of it. The reference's builder makes such a zTOC (from
   * a size on a link or directory, or from sparse files), but its snapshotter refuses it when it is mounted.
   */
  findOverlap() {
    let previousEnd = 0n;
    for (const entry of this) {
      if (BigInt(entry.uncompressedOffset) < previousEnd) return entry;
      const end = BigInt(entry.uncompressedOffset) + entry.uncompressedSize;
      previousEnd = (end + tarBlockBytes - 1n) / tarBlockBytes * tarBlockBytes;
    }
    return void 0;
  }
  #reserve(bytes) {
    const last = this.#chunks.at(-1);
    if (last !== void 0 && this.#chunkUsedBytes + bytes <= last.byteLength) return last;
    const chunk = new DataView(new ArrayBuffer(Math.max(chunkBytes, bytes)));
    this.#chunks.push(chunk);
    this.#chunkUsedBytes = 0;
    return chunk;
  }
};
function writeBytes(chunk, at, bytes) {
  chunk.setUint32(at, bytes.length, true);
  const start = at + lengthBytes;
  if (bytes.length > 0) new Uint8Array(chunk.buffer, start, bytes.length).set(bytes);
  return start + bytes.length;
}
function writeText(chunk, at, ascii) {
  chunk.setUint32(at, ascii.length, true);
  const start = at + lengthBytes;
  for (let index = 0; index < ascii.length; index++) chunk.setUint8(start + index, ascii.charCodeAt(index));
  return start + ascii.length;
}
var StringReader = class {
  constructor(chunk, next) {
    this.chunk = chunk;
    this.next = next;
  }
  chunk;
  next;
  readBytes() {
    const length = this.chunk.getUint32(this.next, true);
    const start = this.next + lengthBytes;
    this.next = start + length;
    return length === 0 ? nothing : new Uint8Array(this.chunk.buffer, start, length);
  }
  readText() {
    return String.fromCharCode(...this.readBytes());
  }
  readPaxRecords(count) {
    const records = [];
    for (let index = 0; index < count; index++)
      records.push({ key: this.readBytes(), value: this.readBytes() });
    return records;
  }
};

// lambda-src/core/ztoc/uncompressed-spans.ts
import { createHash as createHash3 } from "node:crypto";
function countUncompressedSpans(layerBytes, spanSizeBytes) {
  return Math.ceil(layerBytes / spanSizeBytes);
}
var UncompressedSpanDigests = class {
  /** @param spanSizeBytes At least 1. */
  constructor(spanSizeBytes) {
    this.spanSizeBytes = spanSizeBytes;
  }
  spanSizeBytes;
  #digests = [];
  #hash;
  #bytesLeft = 0;
  add(bytes) {
    let next = 0;
    while (next < bytes.length) {
      if (this.#hash === void 0) {
        this.#hash = createHash3("sha256");
        this.#bytesLeft = this.spanSizeBytes;
      }
      const piece = bytes.subarray(next, next + this.#bytesLeft);
      this.#hash.update(piece);
      this.#bytesLeft -= piece.length;
      next += piece.length;
      if (this.#bytesLeft === 0) this.#endSpan();
    }
  }
  finish() {
    this.#endSpan();
    return this.#digests;
  }
  #endSpan() {
    if (this.#hash !== void 0) this.#digests.push(`sha256:${this.#hash.digest("hex")}`);
    this.#hash = void 0;
  }
};

// lambda-src/core/ztoc/ztoc-builder.ts
function createZtocBuilder(options) {
  const smallest = options.compression === "gzip" ? 0 : 1;
  if (!Number.isSafeInteger(options.spanSizeBytes) || options.spanSizeBytes < smallest) {
    throw new RangeError(
      `Expected \`spanSizeBytes\` of a layer that is ${options.compression} to be an integer of at least ${smallest}, got ${options.spanSizeBytes}`
    );
  }
  return options.compression === "gzip" ? new GzipZtocBuilder(options) : new TarZtocBuilder(options);
}
var ContentsReader = class {
  #contents = new TableOfContents();
  #tar = new TarReader((entry) => {
    this.#contents.add(entry);
  });
  #error;
  /** Nothing of what is still to come matters. */
  get ended() {
    return this.#tar.ended || this.#error !== void 0;
  }
  push(uncompressed) {
    if (this.ended) return;
    try {
      this.#tar.push(uncompressed);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.#error = error;
    }
  }
  /** @throws FormatError what is wrong with the tar. */
  finish() {
    if (this.#error !== void 0) throw this.#error;
    return { uncompressedSize: this.#tar.finish(), contents: this.#contents };
  }
};
var GzipZtocBuilder = class {
  constructor(options) {
    this.options = options;
    this.#decoder = new GzipDecoder(options.spanSizeBytes, {
      onConsumed: (compressed) => {
        this.#spanDigests.add(compressed);
      },
      onOutput: (uncompressed) => {
        this.#contents.push(uncompressed);
        if (this.#contents.ended) this.#decoder.allowLongNames();
      },
      onCheckpoint: (checkpoint) => {
        this.#spanDigests.startSpan(checkpoint.bits);
        this.#checkpoints.push(checkpoint);
      }
    });
  }
  options;
  #checkpoints = [];
  #spanDigests = new SpanDigests();
  #contents = new ContentsReader();
  #decoder;
  #compressedSize = 0;
  push(layerBytes) {
    this.#compressedSize += layerBytes.length;
    this.#decoder.push(layerBytes);
  }
  finish() {
    this.#decoder.finish();
    return {
      buildToolIdentifier: this.options.buildToolIdentifier,
      compressedSize: this.#compressedSize,
      ...this.#contents.finish(),
      spanDigests: this.#spanDigests.finish(),
      spans: {
        compression: "gzip",
        spanSizeBytes: this.options.spanSizeBytes,
        checkpoints: this.#checkpoints
      }
    };
  }
  discard() {
    this.#decoder.release();
  }
};
var TarZtocBuilder = class {
  constructor(options) {
    this.options = options;
    this.#spanDigests = new UncompressedSpanDigests(options.spanSizeBytes);
  }
  options;
  #contents = new ContentsReader();
  #spanDigests;
  #layerBytes = 0;
  push(layerBytes) {
    this.#layerBytes += layerBytes.length;
    this.#spanDigests.add(layerBytes);
    this.#contents.push(layerBytes);
  }
  finish() {
    return {
      buildToolIdentifier: this.options.buildToolIdentifier,
      compressedSize: this.#layerBytes,
      ...this.#contents.finish(),
      spanDigests: this.#spanDigests.finish(),
      spans: {
        compression: "uncompressed",
        spanSizeBytes: this.options.spanSizeBytes,
        layerBytes: this.#layerBytes
      }
    };
  }
  discard() {
  }
};

// node_modules/flatbuffers/mjs/constants.js
var SIZEOF_SHORT = 2;
var SIZEOF_INT = 4;
var FILE_IDENTIFIER_LENGTH = 4;
var SIZE_PREFIX_LENGTH = 4;

// node_modules/flatbuffers/mjs/utils.js
var int32 = new Int32Array(2);
var float32 = new Float32Array(int32.buffer);
var float64 = new Float64Array(int32.buffer);
var isLittleEndian = new Uint16Array(new Uint8Array([1, 0]).buffer)[0] === 1;

// node_modules/flatbuffers/mjs/encoding.js
var Encoding;
(function(Encoding2) {
  Encoding2[Encoding2["UTF8_BYTES"] = 1] = "UTF8_BYTES";
  Encoding2[Encoding2["UTF16_STRING"] = 2] = "UTF16_STRING";
})(Encoding || (Encoding = {}));

// node_modules/flatbuffers/mjs/byte-buffer.js
var ByteBuffer = class _ByteBuffer {
  /**
   * Create a new ByteBuffer with a given array of bytes (`Uint8Array`)
   */
  constructor(bytes_) {
    this.bytes_ = bytes_;
    this.position_ = 0;
    this.text_decoder_ = new TextDecoder();
  }
  /**
   * Create and allocate a new ByteBuffer with a given size.
   */
  static allocate(byte_size) {
    return new _ByteBuffer(new Uint8Array(byte_size));
  }
  clear() {
    this.position_ = 0;
  }
  /**
   * Get the underlying `Uint8Array`.
   */
  bytes() {
    return this.bytes_;
  }
  /**
   * Get the buffer's position.
   */
  position() {
    return this.position_;
  }
  /**
   * Set the buffer's position.
   */
  setPosition(position) {
    this.position_ = position;
  }
  /**
   * Get the buffer's capacity.
   */
  capacity() {
    return this.bytes_.length;
  }
  readInt8(offset) {
    return this.readUint8(offset) << 24 >> 24;
  }
  readUint8(offset) {
    return this.bytes_[offset];
  }
  readInt16(offset) {
    return this.readUint16(offset) << 16 >> 16;
  }
  readUint16(offset) {
    return this.bytes_[offset] | this.bytes_[offset + 1] << 8;
  }
  readInt32(offset) {
    return this.bytes_[offset] | this.bytes_[offset + 1] << 8 | this.bytes_[offset + 2] << 16 | this.bytes_[offset + 3] << 24;
  }
  readUint32(offset) {
    return this.readInt32(offset) >>> 0;
  }
  readInt64(offset) {
    return BigInt.asIntN(64, BigInt(this.readUint32(offset)) + (BigInt(this.readUint32(offset + 4)) << BigInt(32)));
  }
  readUint64(offset) {
    return BigInt.asUintN(64, BigInt(this.readUint32(offset)) + (BigInt(this.readUint32(offset + 4)) << BigInt(32)));
  }
  readFloat32(offset) {
    int32[0] = this.readInt32(offset);
    return float32[0];
  }
  readFloat64(offset) {
    int32[isLittleEndian ? 0 : 1] = this.readInt32(offset);
    int32[isLittleEndian ? 1 : 0] = this.readInt32(offset + 4);
    return float64[0];
  }
  writeInt8(offset, value) {
    this.bytes_[offset] = value;
  }
  writeUint8(offset, value) {
    this.bytes_[offset] = value;
  }
  writeInt16(offset, value) {
    this.bytes_[offset] = value;
    this.bytes_[offset + 1] = value >> 8;
  }
  writeUint16(offset, value) {
    this.bytes_[offset] = value;
    this.bytes_[offset + 1] = value >> 8;
  }
  writeInt32(offset, value) {
    this.bytes_[offset] = value;
    this.bytes_[offset + 1] = value >> 8;
    this.bytes_[offset + 2] = value >> 16;
    this.bytes_[offset + 3] = value >> 24;
  }
  writeUint32(offset, value) {
    this.bytes_[offset] = value;
    this.bytes_[offset + 1] = value >> 8;
    this.bytes_[offset + 2] = value >> 16;
    this.bytes_[offset + 3] = value >> 24;
  }
  writeInt64(offset, value) {
    this.writeInt32(offset, Number(BigInt.asIntN(32, value)));
    this.writeInt32(offset + 4, Number(BigInt.asIntN(32, value >> BigInt(32))));
  }
  writeUint64(offset, value) {
    this.writeUint32(offset, Number(BigInt.asUintN(32, value)));
    this.writeUint32(offset + 4, Number(BigInt.asUintN(32, value >> BigInt(32))));
  }
  writeFloat32(offset, value) {
    float32[0] = value;
    this.writeInt32(offset, int32[0]);
  }
  writeFloat64(offset, value) {
    float64[0] = value;
    this.writeInt32(offset, int32[isLittleEndian ? 0 : 1]);
    this.writeInt32(offset + 4, int32[isLittleEndian ? 1 : 0]);
  }
  /**
   * Return the file identifier.   Behavior is undefined for FlatBuffers whose
   * schema does not include a file_identifier (likely points at padding or the
   * start of a the root vtable).
   */
  getBufferIdentifier() {
    if (this.bytes_.length < this.position_ + SIZEOF_INT + FILE_IDENTIFIER_LENGTH) {
      throw new Error("FlatBuffers: ByteBuffer is too short to contain an identifier.");
    }
    let result = "";
    for (let i = 0; i < FILE_IDENTIFIER_LENGTH; i++) {
      result += String.fromCharCode(this.readInt8(this.position_ + SIZEOF_INT + i));
    }
    return result;
  }
  /**
   * Look up a field in the vtable, return an offset into the object, or 0 if the
   * field is not present.
   */
  __offset(bb_pos, vtable_offset) {
    const vtable = bb_pos - this.readInt32(bb_pos);
    return vtable_offset < this.readInt16(vtable) ? this.readInt16(vtable + vtable_offset) : 0;
  }
  /**
   * Initialize any Table-derived type to point to the union at the given offset.
   */
  __union(t, offset) {
    t.bb_pos = offset + this.readInt32(offset);
    t.bb = this;
    return t;
  }
  /**
   * Create a JavaScript string from UTF-8 data stored inside the FlatBuffer.
   * This allocates a new string and converts to wide chars upon each access.
   *
   * To avoid the conversion to string, pass Encoding.UTF8_BYTES as the
   * "optionalEncoding" argument. This is useful for avoiding conversion when
   * the data will just be packaged back up in another FlatBuffer later on.
   *
   * @param offset
   * @param opt_encoding Defaults to UTF16_STRING
   */
  __string(offset, opt_encoding) {
    offset += this.readInt32(offset);
    const length = this.readInt32(offset);
    offset += SIZEOF_INT;
    const utf8bytes = this.bytes_.subarray(offset, offset + length);
    if (opt_encoding === Encoding.UTF8_BYTES)
      return utf8bytes;
    else
      return this.text_decoder_.decode(utf8bytes);
  }
  /**
   * Handle unions that can contain string as its member, if a Table-derived type then initialize it,
   * if a string then return a new one
   *
   * WARNING: strings are immutable in JS so we can't change the string that the user gave us, this
   * makes the behaviour of __union_with_string different compared to __union
   */
  __union_with_string(o, offset) {
    if (typeof o === "string") {
      return this.__string(offset);
    }
    return this.__union(o, offset);
  }
  /**
   * Retrieve the relative offset stored at "offset"
   */
  __indirect(offset) {
    return offset + this.readInt32(offset);
  }
  /**
   * Get the start of data of a vector whose offset is stored at "offset" in this object.
   */
  __vector(offset) {
    return offset + this.readInt32(offset) + SIZEOF_INT;
  }
  /**
   * Get the length of a vector whose offset is stored at "offset" in this object.
   */
  __vector_len(offset) {
    return this.readInt32(offset + this.readInt32(offset));
  }
  __has_identifier(ident) {
    if (ident.length != FILE_IDENTIFIER_LENGTH) {
      throw new Error("FlatBuffers: file identifier must be length " + FILE_IDENTIFIER_LENGTH);
    }
    for (let i = 0; i < FILE_IDENTIFIER_LENGTH; i++) {
      if (ident.charCodeAt(i) != this.readInt8(this.position() + SIZEOF_INT + i)) {
        return false;
      }
    }
    return true;
  }
  /**
   * A helper function for generating list for obj api
   */
  createScalarList(listAccessor, listLength) {
    const ret = [];
    for (let i = 0; i < listLength; ++i) {
      const val = listAccessor(i);
      if (val !== null) {
        ret.push(val);
      }
    }
    return ret;
  }
  /**
   * A helper function for generating list for obj api
   * @param listAccessor function that accepts an index and return data at that index
   * @param listLength listLength
   * @param res result list
   */
  createObjList(listAccessor, listLength) {
    const ret = [];
    for (let i = 0; i < listLength; ++i) {
      const val = listAccessor(i);
      if (val !== null) {
        ret.push(val.unpack());
      }
    }
    return ret;
  }
};

// node_modules/flatbuffers/mjs/builder.js
var Builder = class _Builder {
  /**
   * Create a FlatBufferBuilder.
   */
  constructor(opt_initial_size) {
    this.minalign = 1;
    this.vtable = null;
    this.vtable_in_use = 0;
    this.isNested = false;
    this.object_start = 0;
    this.vtables = [];
    this.vector_num_elems = 0;
    this.force_defaults = false;
    this.string_maps = null;
    this.text_encoder = new TextEncoder();
    let initial_size;
    if (!opt_initial_size) {
      initial_size = 1024;
    } else {
      initial_size = opt_initial_size;
    }
    this.bb = ByteBuffer.allocate(initial_size);
    this.space = initial_size;
  }
  clear() {
    this.bb.clear();
    this.space = this.bb.capacity();
    this.minalign = 1;
    this.vtable = null;
    this.vtable_in_use = 0;
    this.isNested = false;
    this.object_start = 0;
    this.vtables = [];
    this.vector_num_elems = 0;
    this.force_defaults = false;
    this.string_maps = null;
  }
  /**
   * In order to save space, fields that are set to their default value
   * don't get serialized into the buffer. Forcing defaults provides a
   * way to manually disable this optimization.
   *
   * @param forceDefaults true always serializes default values
   */
  forceDefaults(forceDefaults) {
    this.force_defaults = forceDefaults;
  }
  /**
   * Get the ByteBuffer representing the FlatBuffer. Only call this after you've
   * called finish(). The actual data starts at the ByteBuffer's current position,
   * not necessarily at 0.
   */
  dataBuffer() {
    return this.bb;
  }
  /**
   * Get the bytes representing the FlatBuffer. Only call this after you've
   * called finish().
   */
  asUint8Array() {
    return this.bb.bytes().subarray(this.bb.position(), this.bb.position() + this.offset());
  }
  /**
   * Prepare to write an element of `size` after `additional_bytes` have been
   * written, e.g. if you write a string, you need to align such the int length
   * field is aligned to 4 bytes, and the string data follows it directly. If all
   * you need to do is alignment, `additional_bytes` will be 0.
   *
   * @param size This is the of the new element to write
   * @param additional_bytes The padding size
   */
  prep(size, additional_bytes) {
    if (size > this.minalign) {
      this.minalign = size;
    }
    const align_size = ~(this.bb.capacity() - this.space + additional_bytes) + 1 & size - 1;
    while (this.space < align_size + size + additional_bytes) {
      const old_buf_size = this.bb.capacity();
      this.bb = _Builder.growByteBuffer(this.bb);
      this.space += this.bb.capacity() - old_buf_size;
    }
    this.pad(align_size);
  }
  pad(byte_size) {
    for (let i = 0; i < byte_size; i++) {
      this.bb.writeInt8(--this.space, 0);
    }
  }
  writeInt8(value) {
    this.bb.writeInt8(this.space -= 1, value);
  }
  writeInt16(value) {
    this.bb.writeInt16(this.space -= 2, value);
  }
  writeInt32(value) {
    this.bb.writeInt32(this.space -= 4, value);
  }
  writeInt64(value) {
    this.bb.writeInt64(this.space -= 8, value);
  }
  writeFloat32(value) {
    this.bb.writeFloat32(this.space -= 4, value);
  }
  writeFloat64(value) {
    this.bb.writeFloat64(this.space -= 8, value);
  }
  /**
   * Add an `int8` to the buffer, properly aligned, and grows the buffer (if necessary).
   * @param value The `int8` to add the buffer.
   */
  addInt8(value) {
    this.prep(1, 0);
    this.writeInt8(value);
  }
  /**
   * Add an `int16` to the buffer, properly aligned, and grows the buffer (if necessary).
   * @param value The `int16` to add the buffer.
   */
  addInt16(value) {
    this.prep(2, 0);
    this.writeInt16(value);
  }
  /**
   * Add an `int32` to the buffer, properly aligned, and grows the buffer (if necessary).
   * @param value The `int32` to add the buffer.
   */
  addInt32(value) {
    this.prep(4, 0);
    this.writeInt32(value);
  }
  /**
   * Add an `int64` to the buffer, properly aligned, and grows the buffer (if necessary).
   * @param value The `int64` to add the buffer.
   */
  addInt64(value) {
    this.prep(8, 0);
    this.writeInt64(value);
  }
  /**
   * Add a `float32` to the buffer, properly aligned, and grows the buffer (if necessary).
   * @param value The `float32` to add the buffer.
   */
  addFloat32(value) {
    this.prep(4, 0);
    this.writeFloat32(value);
  }
  /**
   * Add a `float64` to the buffer, properly aligned, and grows the buffer (if necessary).
   * @param value The `float64` to add the buffer.
   */
  addFloat64(value) {
    this.prep(8, 0);
    this.writeFloat64(value);
  }
  addFieldInt8(voffset, value, defaultValue) {
    if (this.force_defaults || value != defaultValue) {
      this.addInt8(value);
      this.slot(voffset);
    }
  }
  addFieldInt16(voffset, value, defaultValue) {
    if (this.force_defaults || value != defaultValue) {
      this.addInt16(value);
      this.slot(voffset);
    }
  }
  addFieldInt32(voffset, value, defaultValue) {
    if (this.force_defaults || value != defaultValue) {
      this.addInt32(value);
      this.slot(voffset);
    }
  }
  addFieldInt64(voffset, value, defaultValue) {
    if (this.force_defaults || value !== defaultValue) {
      this.addInt64(value);
      this.slot(voffset);
    }
  }
  addFieldFloat32(voffset, value, defaultValue) {
    if (this.force_defaults || value != defaultValue) {
      this.addFloat32(value);
      this.slot(voffset);
    }
  }
  addFieldFloat64(voffset, value, defaultValue) {
    if (this.force_defaults || value != defaultValue) {
      this.addFloat64(value);
      this.slot(voffset);
    }
  }
  addFieldOffset(voffset, value, defaultValue) {
    if (this.force_defaults || value != defaultValue) {
      this.addOffset(value);
      this.slot(voffset);
    }
  }
  /**
   * Structs are stored inline, so nothing additional is being added. `d` is always 0.
   */
  addFieldStruct(voffset, value, defaultValue) {
    if (value != defaultValue) {
      this.nested(value);
      this.slot(voffset);
    }
  }
  /**
   * Structures are always stored inline, they need to be created right
   * where they're used.  You'll get this assertion failure if you
   * created it elsewhere.
   */
  nested(obj) {
    if (obj != this.offset()) {
      throw new TypeError("FlatBuffers: struct must be serialized inline.");
    }
  }
  /**
   * Should not be creating any other object, string or vector
   * while an object is being constructed
   */
  notNested() {
    if (this.isNested) {
      throw new TypeError("FlatBuffers: object serialization must not be nested.");
    }
  }
  /**
   * Set the current vtable at `voffset` to the current location in the buffer.
   */
  slot(voffset) {
    if (this.vtable !== null)
      this.vtable[voffset] = this.offset();
  }
  /**
   * @returns Offset relative to the end of the buffer.
   */
  offset() {
    return this.bb.capacity() - this.space;
  }
  /**
   * Doubles the size of the backing ByteBuffer and copies the old data towards
   * the end of the new buffer (since we build the buffer backwards).
   *
   * @param bb The current buffer with the existing data
   * @returns A new byte buffer with the old data copied
   * to it. The data is located at the end of the buffer.
   *
   * uint8Array.set() formally takes {Array<number>|ArrayBufferView}, so to pass
   * it a uint8Array we need to suppress the type check:
   * @suppress {checkTypes}
   */
  static growByteBuffer(bb) {
    const old_buf_size = bb.capacity();
    if (old_buf_size & 3221225472) {
      throw new Error("FlatBuffers: cannot grow buffer beyond 2 gigabytes.");
    }
    const new_buf_size = old_buf_size << 1;
    const nbb = ByteBuffer.allocate(new_buf_size);
    nbb.setPosition(new_buf_size - old_buf_size);
    nbb.bytes().set(bb.bytes(), new_buf_size - old_buf_size);
    return nbb;
  }
  /**
   * Adds on offset, relative to where it will be written.
   *
   * @param offset The offset to add.
   */
  addOffset(offset) {
    this.prep(SIZEOF_INT, 0);
    this.writeInt32(this.offset() - offset + SIZEOF_INT);
  }
  /**
   * Start encoding a new object in the buffer.  Users will not usually need to
   * call this directly. The FlatBuffers compiler will generate helper methods
   * that call this method internally.
   */
  startObject(numfields) {
    this.notNested();
    if (this.vtable == null) {
      this.vtable = [];
    }
    this.vtable_in_use = numfields;
    for (let i = 0; i < numfields; i++) {
      this.vtable[i] = 0;
    }
    this.isNested = true;
    this.object_start = this.offset();
  }
  /**
   * Finish off writing the object that is under construction.
   *
   * @returns The offset to the object inside `dataBuffer`
   */
  endObject() {
    if (this.vtable == null || !this.isNested) {
      throw new Error("FlatBuffers: endObject called without startObject");
    }
    this.addInt32(0);
    const vtableloc = this.offset();
    let i = this.vtable_in_use - 1;
    for (; i >= 0 && this.vtable[i] == 0; i--) {
    }
    const trimmed_size = i + 1;
    for (; i >= 0; i--) {
      this.addInt16(this.vtable[i] != 0 ? vtableloc - this.vtable[i] : 0);
    }
    const standard_fields = 2;
    this.addInt16(vtableloc - this.object_start);
    const len = (trimmed_size + standard_fields) * SIZEOF_SHORT;
    this.addInt16(len);
    let existing_vtable = 0;
    const vt1 = this.space;
    outer_loop: for (i = 0; i < this.vtables.length; i++) {
      const vt2 = this.bb.capacity() - this.vtables[i];
      if (len == this.bb.readInt16(vt2)) {
        for (let j = SIZEOF_SHORT; j < len; j += SIZEOF_SHORT) {
          if (this.bb.readInt16(vt1 + j) != this.bb.readInt16(vt2 + j)) {
            continue outer_loop;
          }
        }
        existing_vtable = this.vtables[i];
        break;
      }
    }
    if (existing_vtable) {
      this.space = this.bb.capacity() - vtableloc;
      this.bb.writeInt32(this.space, existing_vtable - vtableloc);
    } else {
      this.vtables.push(this.offset());
      this.bb.writeInt32(this.bb.capacity() - vtableloc, this.offset() - vtableloc);
    }
    this.isNested = false;
    return vtableloc;
  }
  /**
   * Finalize a buffer, poiting to the given `root_table`.
   */
  finish(root_table, opt_file_identifier, opt_size_prefix) {
    const size_prefix = opt_size_prefix ? SIZE_PREFIX_LENGTH : 0;
    if (opt_file_identifier) {
      const file_identifier = opt_file_identifier;
      this.prep(this.minalign, SIZEOF_INT + FILE_IDENTIFIER_LENGTH + size_prefix);
      if (file_identifier.length != FILE_IDENTIFIER_LENGTH) {
        throw new TypeError("FlatBuffers: file identifier must be length " + FILE_IDENTIFIER_LENGTH);
      }
      for (let i = FILE_IDENTIFIER_LENGTH - 1; i >= 0; i--) {
        this.writeInt8(file_identifier.charCodeAt(i));
      }
    }
    this.prep(this.minalign, SIZEOF_INT + size_prefix);
    this.addOffset(root_table);
    if (size_prefix) {
      this.addInt32(this.bb.capacity() - this.space);
    }
    this.bb.setPosition(this.space);
  }
  /**
   * Finalize a size prefixed buffer, pointing to the given `root_table`.
   */
  finishSizePrefixed(root_table, opt_file_identifier) {
    this.finish(root_table, opt_file_identifier, true);
  }
  /**
   * This checks a required field has been set in a given table that has
   * just been constructed.
   */
  requiredField(table, field) {
    const table_start = this.bb.capacity() - table;
    const vtable_start = table_start - this.bb.readInt32(table_start);
    const ok = field < this.bb.readInt16(vtable_start) && this.bb.readInt16(vtable_start + field) != 0;
    if (!ok) {
      throw new TypeError("FlatBuffers: field " + field + " must be set");
    }
  }
  /**
   * Start a new array/vector of objects.  Users usually will not call
   * this directly. The FlatBuffers compiler will create a start/end
   * method for vector types in generated code.
   *
   * @param elem_size The size of each element in the array
   * @param num_elems The number of elements in the array
   * @param alignment The alignment of the array
   */
  startVector(elem_size, num_elems, alignment) {
    this.notNested();
    this.vector_num_elems = num_elems;
    this.prep(SIZEOF_INT, elem_size * num_elems);
    this.prep(alignment, elem_size * num_elems);
  }
  /**
   * Finish off the creation of an array and all its elements. The array must be
   * created with `startVector`.
   *
   * @returns The offset at which the newly created array
   * starts.
   */
  endVector() {
    this.writeInt32(this.vector_num_elems);
    return this.offset();
  }
  /**
   * Encode the string `s` in the buffer using UTF-8. If the string passed has
   * already been seen, we return the offset of the already written string
   *
   * @param s The string to encode
   * @return The offset in the buffer where the encoded string starts
   */
  createSharedString(s) {
    if (!s) {
      return 0;
    }
    if (!this.string_maps) {
      this.string_maps = /* @__PURE__ */ new Map();
    }
    if (this.string_maps.has(s)) {
      return this.string_maps.get(s);
    }
    const offset = this.createString(s);
    this.string_maps.set(s, offset);
    return offset;
  }
  /**
   * Encode the string `s` in the buffer using UTF-8. If a Uint8Array is passed
   * instead of a string, it is assumed to contain valid UTF-8 encoded data.
   *
   * @param s The string to encode
   * @return The offset in the buffer where the encoded string starts
   */
  createString(s) {
    if (s === null || s === void 0) {
      return 0;
    }
    let utf82;
    if (s instanceof Uint8Array) {
      utf82 = s;
    } else {
      utf82 = this.text_encoder.encode(s);
    }
    this.addInt8(0);
    this.startVector(1, utf82.length, 1);
    this.bb.setPosition(this.space -= utf82.length);
    this.bb.bytes().set(utf82, this.space);
    return this.endVector();
  }
  /**
   * Create a byte vector.
   *
   * @param v The bytes to add
   * @returns The offset in the buffer where the byte vector starts
   */
  createByteVector(v) {
    if (v === null || v === void 0) {
      return 0;
    }
    this.startVector(1, v.length, 1);
    this.bb.setPosition(this.space -= v.length);
    this.bb.bytes().set(v, this.space);
    return this.endVector();
  }
  /**
   * A helper function to pack an object
   *
   * @returns offset of obj
   */
  createObjectOffset(obj) {
    if (obj === null) {
      return 0;
    }
    if (typeof obj === "string") {
      return this.createString(obj);
    } else {
      return obj.pack(this);
    }
  }
  /**
   * A helper function to pack a list of object
   *
   * @returns list of offsets of each non null object
   */
  createObjectOffsetList(list) {
    const ret = [];
    for (let i = 0; i < list.length; ++i) {
      const val = list[i];
      if (val !== null) {
        ret.push(this.createObjectOffset(val));
      } else {
        throw new TypeError("FlatBuffers: Argument for createObjectOffsetList cannot contain null.");
      }
    }
    return ret;
  }
  createStructOffsetList(list, startFunc) {
    startFunc(this, list.length);
    this.createObjectOffsetList(list.slice().reverse());
    return this.endVector();
  }
};

// lambda-src/core/ztoc/flat-table.ts
var offsetBytes = 4;
var vtableHeaderBytes = 4;
var FlatTable = class _FlatTable {
  constructor(buffer, position) {
    this.buffer = buffer;
    this.position = position;
    requireRange(buffer, position, offsetBytes);
    const vtable = position - buffer.readInt32(position);
    requireRange(buffer, vtable, vtableHeaderBytes);
    requireRange(buffer, vtable, Math.max(vtableHeaderBytes, buffer.readInt16(vtable)));
  }
  buffer;
  position;
  /** @throws FormatError where the buffer has no root table; so do all methods where it has not what they read. */
  static root(buffer) {
    requireRange(buffer, 0, offsetBytes);
    return new _FlatTable(buffer, buffer.readUint32(0));
  }
  /** A size or offset: an i64 from 0 to 2^53 - 1. */
  readSize(slot) {
    const size = Number(this.readInt64(slot));
    if (!Number.isSafeInteger(size) || size < 0) {
      throw new FormatError("ztoc", `${size} is no offset or size`, this.position);
    }
    return size;
  }
  readInt64(slot) {
    const field = this.#find(slot, 8);
    return field === 0 ? 0n : this.buffer.readInt64(field);
  }
  readInt32(slot) {
    const field = this.#find(slot, 4);
    return field === 0 ? 0 : this.buffer.readInt32(field);
  }
  readUint32(slot) {
    const field = this.#find(slot, 4);
    return field === 0 ? 0 : this.buffer.readUint32(field);
  }
  readInt8(slot, byDefault) {
    const field = this.#find(slot, 1);
    return field === 0 ? byDefault : this.buffer.readInt8(field);
  }
  /** A string or a vector of bytes, as a view. */
  readBytes(slot) {
    const vector = this.#findVector(slot, 1);
    return this.buffer.bytes().subarray(vector.start, vector.start + vector.length);
  }
  readTable(slot) {
    const field = this.#find(slot, offsetBytes);
    if (field === 0) throw new FormatError("ztoc", `a table lacks its field ${slot}`, this.position);
    return new _FlatTable(this.buffer, this.buffer.__indirect(field));
  }
  *readTables(slot) {
    const vector = this.#findVector(slot, offsetBytes);
    for (let index = 0; index < vector.length; index++) {
      yield new _FlatTable(this.buffer, this.buffer.__indirect(vector.start + index * offsetBytes));
    }
  }
  *readStrings(slot) {
    const vector = this.#findVector(slot, offsetBytes);
    for (let index = 0; index < vector.length; index++) {
      const string = this.#vectorAt(this.buffer.__indirect(vector.start + index * offsetBytes), 1);
      yield this.buffer.bytes().subarray(string.start, string.start + string.length);
    }
  }
  /** Where a field of the table lies; 0 where it is left out because it has its default value. */
  #find(slot, bytes) {
    const offset = this.buffer.__offset(this.position, vtableHeaderBytes + slot * 2);
    if (offset !== 0) requireRange(this.buffer, this.position + offset, bytes);
    return offset === 0 ? 0 : this.position + offset;
  }
  #findVector(slot, elementBytes) {
    const field = this.#find(slot, offsetBytes);
    return field === 0 ? { start: 0, length: 0 } : this.#vectorAt(this.buffer.__indirect(field), elementBytes);
  }
  #vectorAt(position, elementBytes) {
    requireRange(this.buffer, position, offsetBytes);
    const length = this.buffer.readUint32(position);
    requireRange(this.buffer, position + offsetBytes, length * elementBytes);
    return { start: position + offsetBytes, length };
  }
};
function requireRange(buffer, start, bytes) {
  if (start < 0 || start + bytes > buffer.capacity()) {
    throw new FormatError("ztoc", `it refers to bytes outside of itself (${start} and ${bytes} more)`);
  }
}

// lambda-src/core/ztoc/checkpoints.ts
var headerBytes = 12;
var checkpointBytes = 8 + 8 + 1 + windowBytes;
var plainHeaderBytes = 10;
var tarZinfoVersion = 2;
function encodeSpanIndex(spans) {
  if (spans.compression === "uncompressed") return encodeTarZinfo(spans.spanSizeBytes, spans.layerBytes);
  const { checkpoints, spanSizeBytes } = spans;
  const blob = new Uint8Array(headerBytes + checkpoints.length * checkpointBytes);
  const view = new DataView(blob.buffer);
  view.setInt32(0, checkpoints.length, true);
  view.setBigInt64(4, BigInt(spanSizeBytes), true);
  checkpoints.forEach((checkpoint, index) => {
    const start = headerBytes + index * checkpointBytes;
    view.setBigInt64(start, BigInt(checkpoint.compressedOffset), true);
    view.setBigInt64(start + 8, BigInt(checkpoint.uncompressedOffset), true);
    view.setUint8(start + 16, checkpoint.bits);
    blob.set(checkpoint.window, start + 17);
  });
  return blob;
}
function encodeTarZinfo(spanSizeBytes, layerBytes) {
  const builder = new Builder(64);
  builder.startObject(3);
  builder.addFieldInt32(0, tarZinfoVersion, 0);
  builder.addFieldInt64(1, BigInt(spanSizeBytes), 0n);
  builder.addFieldInt64(2, BigInt(layerBytes), 0n);
  builder.finish(builder.endObject());
  return builder.asUint8Array();
}
function decodeGzipSpanIndex(blob) {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  if (blob.length < headerBytes) throw new FormatError("ztoc", "the checkpoints are cut off", blob.length);
  const count = view.getInt32(0, true);
  const spanSizeBytes = readOffset(view, 4);
  const stored = (blob.length - headerBytes) / checkpointBytes;
  if (count < 1 || stored !== count && stored !== count - 1) {
    throw new FormatError("ztoc", `${blob.length} bytes cannot hold ${count} checkpoints`);
  }
  const checkpoints = [];
  if (stored === count - 1) {
    const window = new Uint8Array(windowBytes);
    checkpoints.push({ compressedOffset: plainHeaderBytes, uncompressedOffset: 0, bits: 0, window });
  }
  for (let index = 0; index < stored; index++) {
    const start = headerBytes + index * checkpointBytes;
    const checkpoint = {
      compressedOffset: readOffset(view, start),
      uncompressedOffset: readOffset(view, start + 8),
      bits: view.getUint8(start + 16),
      window: blob.subarray(start + 17, start + checkpointBytes)
    };
    const previous = checkpoints.at(-1);
    if (checkpoint.bits > 7 || checkpoint.bits > 0 && checkpoint.compressedOffset === 0) {
      throw new FormatError("ztoc", `checkpoint ${checkpoints.length} has ${checkpoint.bits} bits`);
    }
    if (previous !== void 0 && (checkpoint.compressedOffset < previous.compressedOffset || checkpoint.uncompressedOffset < previous.uncompressedOffset)) {
      throw new FormatError("ztoc", `checkpoint ${checkpoints.length} lies before the one in front of it`);
    }
    checkpoints.push(checkpoint);
  }
  return { compression: "gzip", spanSizeBytes, checkpoints };
}
function readOffset(view, at) {
  const offset = Number(view.getBigInt64(at, true));
  if (!Number.isSafeInteger(offset) || offset < 0)
    throw new FormatError("ztoc", `${offset} is no offset or size`);
  return offset;
}
function decodeTarSpanIndex(blob) {
  const zinfo = FlatTable.root(new ByteBuffer(blob));
  const spanSizeBytes = zinfo.readSize(1);
  if (spanSizeBytes < 1) throw new FormatError("ztoc", "the span size of an uncompressed layer is 0");
  return { compression: "uncompressed", spanSizeBytes, layerBytes: zinfo.readSize(2) };
}

// lambda-src/core/ztoc/ztoc.ts
var ztocVersion = "0.9";
var ztocMediaType = "application/octet-stream";
var largestZtocBytes = 2 ** 31 - 1;
var defaultSpanSizeBytes = 4 * 1024 * 1024;
var defaultBuildToolIdentifier = "soci_index_builder v1";

// lambda-src/core/ztoc/ztoc-encoder.ts
var ztocSlots = {
  version: 0,
  buildToolIdentifier: 1,
  compressedArchiveSize: 2,
  uncompressedArchiveSize: 3,
  toc: 4,
  compressionInfo: 5
};
var tocSlots = { metadata: 0 };
var fileSlots = {
  name: 0,
  type: 1,
  uncompressedOffset: 2,
  uncompressedSize: 3,
  linkName: 4,
  mode: 5,
  uid: 6,
  gid: 7,
  userName: 8,
  groupName: 9,
  modificationTime: 10,
  deviceMajor: 11,
  deviceMinor: 12,
  xattrs: 13
};
var xattrSlots = { key: 0, value: 1 };
var compressionInfoSlots = {
  compressionAlgorithm: 0,
  maxSpanId: 1,
  spanDigests: 2,
  checkpoints: 3
};
var compressionAlgorithms = { gzip: 1, uncompressed: 2 };
var bytesPerEntry = 4 + 6 * 8 + 8 * 4 + 8 + 32 + 6 * 8 + 4 + 4;
var bytesPerPaxRecord = 12 + 8 + 2 * 8 + 4;
var bytesPerSpanDigest = 4 + 71 + 1 + 4;
var bytesPerZtoc = 1024;
function encodeZtoc(ztoc) {
  const checkpoints = encodeSpanIndex(ztoc.spans);
  const { contents, spanDigests } = ztoc;
  const upperBound = bytesPerZtoc + checkpoints.length + ztoc.buildToolIdentifier.length * 4 + spanDigests.length * bytesPerSpanDigest + contents.length * bytesPerEntry + contents.paxRecordCount * bytesPerPaxRecord + contents.stringBytes;
  if (upperBound > largestZtocBytes) {
    throw new FormatError(
      "ztoc",
      `${contents.length} files and ${spanDigests.length} spans do not fit into 2 GiB`
    );
  }
  const builder = new Builder(upperBound);
  const version2 = builder.createString(ztocVersion);
  const buildToolIdentifier = builder.createString(ztoc.buildToolIdentifier);
  const toc = writeContents(builder, contents);
  const compressionInfo = writeCompressionInfo(builder, ztoc, checkpoints);
  builder.startObject(6);
  builder.addFieldOffset(ztocSlots.version, version2, 0);
  builder.addFieldOffset(ztocSlots.buildToolIdentifier, buildToolIdentifier, 0);
  builder.addFieldOffset(ztocSlots.toc, toc, 0);
  builder.addFieldInt64(ztocSlots.compressedArchiveSize, BigInt(ztoc.compressedSize), 0n);
  builder.addFieldInt64(ztocSlots.uncompressedArchiveSize, BigInt(ztoc.uncompressedSize), 0n);
  builder.addFieldOffset(ztocSlots.compressionInfo, compressionInfo, 0);
  builder.finish(builder.endObject());
  return builder.asUint8Array();
}
function writeContents(builder, contents) {
  const files = [];
  for (let index = contents.length - 1; index >= 0; index--)
    files.push(writeEntry(builder, contents.at(index)));
  builder.startVector(4, files.length, 4);
  for (const file of files) builder.addOffset(file);
  const metadata = builder.endVector();
  builder.startObject(1);
  builder.addFieldOffset(tocSlots.metadata, metadata, 0);
  return builder.endObject();
}
function writeEntry(builder, entry) {
  const name = builder.createString(entry.name);
  const type = builder.createString(entry.type);
  const linkName = builder.createString(entry.linkName);
  const userName = builder.createString(entry.userName);
  const groupName = builder.createString(entry.groupName);
  const modificationTime = builder.createString(entry.modificationTime);
  const xattrs = writePaxRecords(builder, entry.paxRecords);
  builder.startObject(14);
  builder.addFieldOffset(fileSlots.name, name, 0);
  builder.addFieldOffset(fileSlots.type, type, 0);
  builder.addFieldInt64(fileSlots.uncompressedOffset, BigInt(entry.uncompressedOffset), 0n);
  builder.addFieldInt64(fileSlots.uncompressedSize, entry.uncompressedSize, 0n);
  builder.addFieldOffset(fileSlots.linkName, linkName, 0);
  builder.addFieldInt64(fileSlots.mode, entry.mode, 0n);
  builder.addFieldInt32(fileSlots.uid, entry.uid, 0);
  builder.addFieldInt32(fileSlots.gid, entry.gid, 0);
  builder.addFieldOffset(fileSlots.userName, userName, 0);
  builder.addFieldOffset(fileSlots.groupName, groupName, 0);
  builder.addFieldOffset(fileSlots.modificationTime, modificationTime, 0);
  builder.addFieldInt64(fileSlots.deviceMajor, entry.deviceMajor, 0n);
  builder.addFieldInt64(fileSlots.deviceMinor, entry.deviceMinor, 0n);
  builder.addFieldOffset(fileSlots.xattrs, xattrs, 0);
  return builder.endObject();
}
function writePaxRecords(builder, records) {
  const tables = [];
  for (const record of records) {
    const key = builder.createString(record.key);
    const value = builder.createString(record.value);
    builder.startObject(2);
    builder.addFieldOffset(xattrSlots.key, key, 0);
    builder.addFieldOffset(xattrSlots.value, value, 0);
    tables.push(builder.endObject());
  }
  builder.startVector(4, tables.length, 4);
  for (let index = tables.length - 1; index >= 0; index--) builder.addOffset(tables[index]);
  return builder.endVector();
}
function writeCompressionInfo(builder, ztoc, checkpoints) {
  const checkpointsVector = builder.createByteVector(checkpoints);
  const digests = ztoc.spanDigests.map((digest) => builder.createString(digest));
  builder.startVector(4, digests.length, 4);
  for (let index = digests.length - 1; index >= 0; index--) builder.addOffset(digests[index]);
  const spanDigests = builder.endVector();
  builder.startObject(4);
  builder.addFieldInt32(compressionInfoSlots.maxSpanId, ztoc.spanDigests.length - 1, 0);
  builder.addFieldOffset(compressionInfoSlots.spanDigests, spanDigests, 0);
  builder.addFieldOffset(compressionInfoSlots.checkpoints, checkpointsVector, 0);
  builder.addFieldInt8(
    compressionInfoSlots.compressionAlgorithm,
    compressionAlgorithms[ztoc.spans.compression],
    compressionAlgorithms.gzip
  );
  return builder.endObject();
}

// lambda-src/indexer/ztoc-jobs.ts
var ownThread = {
  size: 1,
  start(options) {
    const builder = createZtocBuilder(options);
    return {
      // eslint-disable-next-line @typescript-eslint/require-await -- its error is a rejection, as from other threads
      async push(layerBytes) {
        builder.push(layerBytes);
      },
      // eslint-disable-next-line @typescript-eslint/require-await
      async finish() {
        const ztoc = builder.finish();
        const bytes = encodeZtoc(ztoc);
        const overlap = ztoc.contents.findOverlap();
        return {
          bytes,
          digest: digestOf(bytes),
          spans: ztoc.spanDigests.length,
          files: ztoc.contents.length,
          overlappingEntry: overlap && new TextDecoder().decode(overlap.name)
        };
      },
      discard() {
        builder.discard();
      }
    };
  }
};

// lambda-src/indexer/ztoc-worker.ts
var ztocWorkerRole = "soci-ztoc-worker";
function serveZtocJobs() {
  if (isMainThread || parentPort === null || workerData !== ztocWorkerRole) return false;
  const port = parentPort;
  let job;
  let previous = Promise.resolve();
  port.on("message", (request) => {
    previous = previous.then(async () => {
      job = await serve(request, job, (answer, transfer = []) => {
        const message = { job: request.job, ...answer };
        port.postMessage(message, transfer);
      });
    });
  });
  return true;
}
async function serve(request, job, answer) {
  switch (request.kind) {
    case "start":
      return ownThread.start(request.options);
    case "push": {
      const { buffer, length } = request;
      try {
        await job?.push(new Uint8Array(buffer, 0, length));
        answer({ kind: "used", buffer }, [buffer]);
      } catch (error) {
        answer({ kind: "used", buffer, failure: packFailure(error) }, [buffer]);
      }
      return job;
    }
    case "finish":
      try {
        const ztoc = await job.finish();
        const bytes = new Uint8Array(ztoc.bytes);
        answer({ kind: "built", ztoc: { ...ztoc, bytes } }, [bytes.buffer]);
      } catch (error) {
        answer({ kind: "failed", failure: packFailure(error) });
      }
      return job;
    case "discard":
      job?.discard();
      return void 0;
  }
}
function packFailure(error) {
  if (error instanceof FormatError) {
    const { format: format2, problem, offset } = error;
    return { message: error.message, format: { format: format2, problem, ...offset !== void 0 && { offset } } };
  }
  return { message: error instanceof Error ? error.message : String(error) };
}
function unpackFailure({ message, format: format2 }) {
  return format2 === void 0 ? new Error(message) : new FormatError(format2.format, format2.problem, format2.offset);
}

// package.json
var version = "0.1.0";

// lambda-src/content/read-whole.ts
async function readWholeBlob(store, target, largestBytes, signal) {
  if (target.size > largestBytes) {
    throw new ContentMismatchError(
      target.digest,
      `${target.size} bytes are more than the ${largestBytes} that it may have`
    );
  }
  const pieces = [];
  for await (const piece of store.fetchBlob(target, signal)) pieces.push(piece.slice());
  return Buffer.concat(pieces);
}

// lambda-src/core/oci/json-document.ts
var JsonNumber = class {
  constructor(source) {
    this.source = source;
  }
  source;
};
var JsonObject = class {
  constructor(members) {
    this.members = members;
  }
  members;
};
var maximumDepth = 500;
function parseJson(bytes) {
  return new Parser(bytes).parseDocument();
}
var code = (character) => character.charCodeAt(0);
var quotationMark = code('"');
var backslash = code("\\");
var comma3 = code(",");
var colon = code(":");
var openingBracket = code("[");
var closingBracket = code("]");
var openingBrace = code("{");
var closingBrace = code("}");
var whitespace = new Set([" ", "	", "\n", "\r"].map(code));
var wordCharacters = new Set(Array.from("+-.0123456789Eaeflnrstu", code));
var numberPattern = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
var Parser = class {
  constructor(bytes) {
    this.bytes = bytes;
  }
  bytes;
  /** The index of the next unread byte. */
  position = 0;
  parseDocument() {
    const value = this.parseValue(0);
    if (this.skipWhitespace() !== void 0) this.fail("something follows the end of the JSON value");
    return value;
  }
  parseValue(depth) {
    if (depth > maximumDepth) this.fail(`JSON is nested more than ${maximumDepth} deep`);
    const first = this.skipWhitespace();
    if (first === openingBrace) return this.parseObject(depth);
    if (first === openingBracket) return this.parseArray(depth);
    if (first === quotationMark) return this.parseString();
    return this.parseWord();
  }
  parseObject(depth) {
    const members = [];
    this.position++;
    if (this.skipWhitespace() === closingBrace) {
      this.position++;
      return new JsonObject(members);
    }
    for (; ; ) {
      if (this.skipWhitespace() !== quotationMark) this.fail("a key in quotation marks is expected");
      const key = this.parseString();
      if (this.skipWhitespace() !== colon) this.fail("a colon is expected");
      this.position++;
      members.push([key, this.parseValue(depth + 1)]);
      if (this.parseSeparator(closingBrace)) return new JsonObject(members);
    }
  }
  parseArray(depth) {
    const elements = [];
    this.position++;
    if (this.skipWhitespace() === closingBracket) {
      this.position++;
      return elements;
    }
    for (; ; ) {
      elements.push(this.parseValue(depth + 1));
      if (this.parseSeparator(closingBracket)) return elements;
    }
  }
  /** Passes a comma, or the closing mark: then true. */
  parseSeparator(closing) {
    const separator = this.skipWhitespace();
    if (separator !== comma3 && separator !== closing) this.fail("a comma or the closing mark is expected");
    this.position++;
    return separator === closing;
  }
  parseString() {
    const start = this.position;
    let end = start + 1;
    let escaped = false;
    while (this.bytes[end] !== quotationMark) {
      const byte = this.bytes[end];
      if (byte === void 0) this.fail("a string has no end", start);
      if (byte < 32) this.fail("a control character stands in a string", end);
      if (byte === backslash) escaped = true;
      end += byte === backslash ? 2 : 1;
    }
    this.position = end + 1;
    const text2 = decodeUtf8(this.bytes.subarray(start + 1, end));
    if (!escaped) return text2;
    try {
      const unescaped = JSON.parse(`"${text2}"`);
      return unescaped.replace(new RegExp("\\p{Surrogate}", "gu"), "�");
    } catch {
      return this.fail("a string has a wrong escape", start);
    }
  }
  /** A number, or one of true, false and null. */
  parseWord() {
    const start = this.position;
    while (wordCharacters.has(this.bytes[this.position])) this.position++;
    const word = Buffer.from(this.bytes.subarray(start, this.position)).toString("latin1");
    if (word === "null") return null;
    if (word === "true" || word === "false") return word === "true";
    if (!numberPattern.test(word)) this.fail("a JSON value is expected", start);
    return new JsonNumber(word);
  }
  /** The next byte that is not white space, not yet read. Undefined at the end. */
  skipWhitespace() {
    while (whitespace.has(this.bytes[this.position])) this.position++;
    return this.bytes[this.position];
  }
  fail(problem, offset = this.position) {
    throw new FormatError(
      "manifest",
      offset >= this.bytes.length ? "the JSON ends too early" : problem,
      offset
    );
  }
};
var decoder = new TextDecoder("utf-8", { ignoreBOM: true });
var replacementCharacter = Uint8Array.of(239, 191, 189);
function decodeUtf8(bytes) {
  const text2 = decoder.decode(bytes);
  return text2.includes("�") ? decoder.decode(replaceDamage(bytes)) : text2;
}
function replaceDamage(bytes) {
  const replaced = new Uint8Array(bytes.length * replacementCharacter.length);
  let end = 0;
  let position = 0;
  while (position < bytes.length) {
    const length = measureCharacter(bytes, position);
    replaced.set(length === 0 ? replacementCharacter : bytes.subarray(position, position + length), end);
    end += length === 0 ? replacementCharacter.length : length;
    position += Math.max(length, 1);
  }
  return replaced.subarray(0, end);
}
function measureCharacter(bytes, position) {
  const first = bytes[position];
  if (first < 128) return 1;
  if (first < 192) return 0;
  const length = first < 224 ? 2 : first < 240 ? 3 : 4;
  for (let offset = 1; offset < length; offset++) {
    const continuation = bytes[position + offset] ?? 0;
    if (continuation < 128 || continuation > 191) return 0;
  }
  return length;
}

// lambda-src/core/oci/quotation.ts
var maximumCharacters = 200;
function quoteText(text2) {
  const quoted = JSON.stringify(text2.slice(0, maximumCharacters)).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
  );
  return text2.length > maximumCharacters ? `${quoted}…` : quoted;
}

// lambda-src/core/oci/json-fields.ts
var shownFaults = 10;
var Faults = class {
  faults = [];
  count = 0;
  note(path, problem) {
    if (++this.count <= shownFaults) this.faults.push(path === "" ? problem : `${path}: ${problem}`);
  }
  /** @throws FormatError with all that was noted, if anything was. `subject` says which document it is about. */
  throwIfAny(subject) {
    if (this.count === 0) return;
    const unshown = this.count - this.faults.length;
    if (unshown > 0) this.faults.push(`and ${unshown} more`);
    throw new FormatError("manifest", `${subject}: ${this.faults.join("; ")}`);
  }
};
var Fields = class _Fields {
  constructor(values, path, faults) {
    this.values = values;
    this.path = path;
    this.faults = faults;
  }
  values;
  path;
  faults;
  /**
   * The fields of `value` that bear one of the names. A name that comes twice, or in other letters (`Layers`), is a
   * fault: Go reads it, others read something else, and nobody could say which of the two images was meant.
   */
  static of(value, names, path, faults) {
    const values = /* @__PURE__ */ new Map();
    if (!(value instanceof JsonObject)) {
      faults.note(path, `expected an object, got ${nameKind(value)}`);
      return new _Fields(values, path, new Faults());
    }
    for (const [key, member] of value.members) {
      if (!names.resemble(key)) continue;
      if (!names.include(key))
        faults.note(join(path, key), "the name of this field is written in other letters");
      else if (values.has(key)) faults.note(join(path, key), "the field comes twice");
      else values.set(key, member);
    }
    return new _Fields(values, path, faults);
  }
  has(name) {
    return this.values.has(name);
  }
  /** The path of a field, for messages: `layers[3].digest`. */
  pathOf(name) {
    return join(this.path, name);
  }
  note(name, problem) {
    this.faults.note(this.pathOf(name), problem);
  }
  /** Undefined where the field is absent, null or empty: Go writes neither of them. */
  text(name) {
    const value = this.value(name);
    if (value === void 0 || value === "") return void 0;
    if (typeof value === "string") return value;
    this.note(name, `expected a string, got ${nameKind(value)}`);
    return void 0;
  }
  requiredText(name) {
    const text2 = this.text(name);
    if (text2 === void 0 && typeof (this.value(name) ?? "") === "string") this.note(name, "is missing");
    return text2 ?? "";
  }
  /** A whole number from 0 up to what a JavaScript number holds exactly, 2^53 - 1. */
  requiredCount(name) {
    const value = this.value(name);
    if (value === void 0) this.note(name, "is missing");
    else if (!(value instanceof JsonNumber)) this.note(name, `expected a number, got ${nameKind(value)}`);
    else if (!/^[0-9]+$/.test(value.source) || !Number.isSafeInteger(Number(value.source))) {
      this.note(name, `expected a whole number from 0 to 2^53 - 1, got ${quoteText(value.source)}`);
    } else return Number(value.source);
    return 0;
  }
  requireNumber(name, expected) {
    const value = this.value(name);
    if (value instanceof JsonNumber && value.source === String(expected)) return;
    const found = value instanceof JsonNumber ? quoteText(value.source) : nameKind(value ?? null);
    this.note(name, `expected ${expected}, got ${found}`);
  }
  requiredDigest(name) {
    const text2 = this.requiredText(name);
    if (isDigest(text2)) return text2;
    if (text2 !== "") this.note(name, `expected sha256: and 64 hexadecimal digits, got ${quoteText(text2)}`);
    return "sha256:";
  }
  /** Undefined where the field is absent, null or an empty list. */
  texts(name) {
    const texts = this.elements(name, Infinity, (value, path) => {
      if (typeof value === "string") return value;
      this.faults.note(path, `expected a string, got ${nameKind(value)}`);
      return "";
    });
    return texts.length === 0 ? void 0 : texts;
  }
  /** Undefined where the field is absent, null or an empty object. A value that is null is an empty string, as in Go. */
  textsByKey(name) {
    const value = this.value(name);
    if (value === void 0) return void 0;
    if (!(value instanceof JsonObject)) {
      this.note(name, `expected an object, got ${nameKind(value)}`);
      return void 0;
    }
    const entries = value.members.map(([key, member]) => {
      if (member !== null && typeof member !== "string") {
        this.note(`${name}[${quoteText(key)}]`, `expected a string, got ${nameKind(member)}`);
      }
      return [key, typeof member === "string" ? member : ""];
    });
    return entries.length === 0 ? void 0 : Object.fromEntries(entries);
  }
  /** What `read` makes of the field, undefined where it is absent or null. */
  nested(name, read) {
    const value = this.value(name);
    return value === void 0 ? void 0 : read(value, this.pathOf(name), this.faults);
  }
  /** What `read` makes of each element of a list; empty where the field is absent or null. */
  elements(name, maximumCount, read) {
    const value = this.value(name);
    if (value === void 0) return [];
    if (!isList(value)) {
      this.note(name, `expected a list, got ${nameKind(value)}`);
      return [];
    }
    if (value.length > maximumCount) {
      this.note(name, `has ${value.length} entries, more than ${maximumCount}`);
      return [];
    }
    return value.map((element, index) => read(element, `${this.pathOf(name)}[${index}]`, this.faults));
  }
  value(name) {
    return this.values.get(name) ?? void 0;
  }
};
var FieldNames = class {
  names;
  anyCase;
  constructor(...names) {
    this.names = new Set(names);
    this.anyCase = new RegExp(`^(?:${names.map((name) => name.replace(".", "\\.")).join("|")})$`, "iu");
  }
  include(key) {
    return this.names.has(key);
  }
  /** Whether Go would take the key for one of the names. */
  resemble(key) {
    return this.anyCase.test(key);
  }
};
function dropUndefined(fields) {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== void 0)
  );
}
function join(path, name) {
  return path === "" ? name : `${path}.${name}`;
}
function nameKind(value) {
  if (value === null) return "null";
  if (value instanceof JsonNumber) return "a number";
  if (value instanceof JsonObject) return "an object";
  if (typeof value === "boolean") return String(value);
  return typeof value === "string" ? "a string" : "a list";
}
function isList(value) {
  return Array.isArray(value);
}

// lambda-src/core/oci/platform.ts
var componentPattern = /^[A-Za-z0-9_.-]+$/;
function parsePlatform(text2) {
  const components = text2.split("/");
  const [os, architecture, variant] = components;
  if (os === void 0 || architecture === void 0 || components.length > 3 || !components.every((component) => componentPattern.test(component))) {
    throw new ConfigError([
      `platform ${quoteText(text2)}: expected OS/ARCH or OS/ARCH/VARIANT, for example linux/amd64 or linux/arm/v7`
    ]);
  }
  const platform = normalizePlatform(dropUndefined({ architecture, os, variant }));
  if (platform.architecture === "arm64" && variant !== void 0 && platform.variant === void 0) {
    return { ...platform, variant: "v8" };
  }
  if (platform.architecture === "arm" && variant === void 0 && platform.variant === "v7") {
    return { architecture: platform.architecture, os: platform.os };
  }
  return platform;
}
function formatPlatform(platform) {
  const version2 = platform["os.version"];
  const os = version2 === void 0 ? platform.os : `${platform.os}(${version2})`;
  return [os, platform.architecture, platform.variant].filter((part) => part !== void 0).join("/");
}
function normalizePlatform(platform) {
  const features = platform["os.features"];
  const { architecture, variant } = normalizeArchitecture(
    platform.architecture.toLowerCase(),
    platform.variant?.toLowerCase() ?? ""
  );
  return dropUndefined({
    architecture,
    os: normalizeOperatingSystem(platform.os.toLowerCase()),
    "os.version": platform["os.version"],
    "os.features": features && [...new Set(features)].sort(),
    variant: variant === "" ? void 0 : variant
  });
}
function matchesPlatform(wanted, offered) {
  const left = normalizePlatform(wanted);
  const right = normalizePlatform(offered);
  return left.os === right.os && left.architecture === right.architecture && left.variant === right.variant && (left.os !== "windows" || matchesVersion(left["os.version"], right["os.version"])) && (right["os.features"] ?? []).every((feature) => (left["os.features"] ?? []).includes(feature));
}
function platformKey(platform) {
  return JSON.stringify(normalizePlatform(platform));
}
function matchesVersion(wanted, offered) {
  return wanted === void 0 || offered === void 0 || wanted === offered;
}
function normalizeOperatingSystem(os) {
  if (os === "") return "linux";
  return os === "macos" ? "darwin" : os;
}
function normalizeArchitecture(architecture, variant) {
  switch (architecture) {
    case "i386":
      return { architecture: "386", variant: "" };
    case "x86_64":
    case "x86-64":
    case "amd64":
      return { architecture: "amd64", variant: variant === "v1" ? "" : variant };
    case "aarch64":
    case "arm64":
      if (["8", "v8", "v8.0"].includes(variant)) return { architecture: "arm64", variant: "" };
      if (["9", "9.0", "v9.0"].includes(variant)) return { architecture: "arm64", variant: "v9" };
      return { architecture: "arm64", variant };
    case "armhf":
      return { architecture: "arm", variant: "v7" };
    case "armel":
      return { architecture: "arm", variant: "v6" };
    case "arm":
      if (variant === "") return { architecture, variant: "v7" };
      return { architecture, variant: ["5", "6", "7", "8"].includes(variant) ? `v${variant}` : variant };
    default:
      return { architecture, variant };
  }
}

// lambda-src/core/ztoc/span-reader.ts
function locateSpan(ztoc, index) {
  const { spans } = ztoc;
  if (spans.compression === "uncompressed") {
    const start = index * spans.spanSizeBytes;
    return { start, end: Math.min(start + spans.spanSizeBytes, spans.layerBytes) };
  }
  const checkpoint = spans.checkpoints[index];
  return {
    start: checkpoint.compressedOffset - (checkpoint.bits > 0 ? 1 : 0),
    end: spans.checkpoints[index + 1]?.compressedOffset ?? ztoc.compressedSize
  };
}
function findSpan(ztoc, uncompressedOffset) {
  const { spans } = ztoc;
  if (spans.compression === "uncompressed") return Math.floor(uncompressedOffset / spans.spanSizeBytes);
  let low = 0;
  let high = spans.checkpoints.length;
  while (high - low > 1) {
    const middle = low + high >>> 1;
    if (spans.checkpoints[middle].uncompressedOffset <= uncompressedOffset) low = middle;
    else high = middle;
  }
  return low;
}
async function* readFileData(ztoc, entry, readLayerRange) {
  if (entry.type === "reg") {
    yield* readUncompressedRange(
      ztoc,
      entry.uncompressedOffset,
      Number(entry.uncompressedSize),
      readLayerRange
    );
  }
}
async function* readUncompressedRange(ztoc, offset, length, readLayerRange) {
  if (length === 0) return;
  const firstSpan = findSpan(ztoc, offset);
  const reader = createSpanInflater(ztoc, firstSpan);
  let skip = offset - reader.uncompressedOffset;
  let left = length;
  try {
    for (let index = firstSpan; left > 0; index++) {
      if (index >= ztoc.spanDigests.length) {
        throw new FormatError(
          "ztoc",
          `the layer ends ${left} bytes before the file does`,
          offset + length - left
        );
      }
      const span = await readSpan(ztoc, index, readLayerRange);
      for (const piece of reader.inflate(index, span)) {
        const wanted = piece.subarray(skip, skip + left);
        skip -= Math.min(skip, piece.length);
        left -= wanted.length;
        if (wanted.length > 0) yield wanted;
        if (left === 0) return;
      }
    }
  } finally {
    reader.release();
  }
}
async function readSpan(ztoc, index, readLayerRange) {
  const { start, end } = locateSpan(ztoc, index);
  const span = await readLayerRange(start, end);
  const digest = digestOf(span);
  if (digest !== ztoc.spanDigests[index]) {
    throw new ContentMismatchError(
      digest,
      `span ${index} (bytes ${start} to ${end} of the layer) should be ${ztoc.spanDigests[index]}`
    );
  }
  return span;
}
function createSpanInflater(ztoc, firstSpan) {
  const { spans } = ztoc;
  if (spans.compression === "uncompressed") {
    return {
      uncompressedOffset: firstSpan * spans.spanSizeBytes,
      inflate: (_index, span) => [span],
      release() {
      }
    };
  }
  return new GzipSpanInflater(spans.checkpoints, firstSpan);
}
var GzipSpanInflater = class {
  constructor(checkpoints, firstSpan) {
    this.checkpoints = checkpoints;
    this.firstSpan = firstSpan;
    const checkpoint = checkpoints[firstSpan];
    this.uncompressedOffset = checkpoint.uncompressedOffset;
    this.#decoder = new GzipDecoder(
      Infinity,
      {
        onOutput: (bytes) => {
          this.#pieces.push(bytes.slice());
        }
      },
      checkpoint
    );
    this.#decoder.allowLongNames();
  }
  checkpoints;
  firstSpan;
  uncompressedOffset;
  #decoder;
  #pieces = [];
  inflate(index, span) {
    this.#pieces = [];
    const isShared = index > this.firstSpan && this.checkpoints[index].bits > 0;
    this.#decoder.push(isShared ? span.subarray(1) : span);
    this.#decoder.flush();
    return this.#pieces;
  }
  release() {
    this.#decoder.release();
  }
};

// lambda-src/core/ztoc/ztoc-decoder.ts
var utf8 = new TextDecoder();
var smallestPaxRecordBytes = 16;
var entryTypes2 = /* @__PURE__ */ new Set([
  "reg",
  "hardlink",
  "symlink",
  "char",
  "block",
  "dir",
  "fifo"
]);
function decodeZtoc(bytes) {
  const root = FlatTable.root(new ByteBuffer(bytes));
  const version2 = utf8.decode(root.readBytes(ztocSlots.version));
  if (version2 !== ztocVersion) {
    throw new FormatError(
      "ztoc",
      `its version is ${JSON.stringify(version2.slice(0, 32))}, not "${ztocVersion}"`
    );
  }
  const compressionInfo = root.readTable(ztocSlots.compressionInfo);
  const compressedSize = root.readSize(ztocSlots.compressedArchiveSize);
  const spans = readSpanIndex(compressionInfo);
  const spanDigests = [...compressionInfo.readStrings(compressionInfoSlots.spanDigests)].map(
    (string, index) => {
      const digest = utf8.decode(string);
      if (!isDigest(digest)) throw new FormatError("ztoc", `the digest of span ${index} is no digest`);
      return digest;
    }
  );
  const spanCount = spans.compression === "gzip" ? spans.checkpoints.length : countUncompressedSpans(spans.layerBytes, spans.spanSizeBytes);
  const maxSpanId = compressionInfo.readInt32(compressionInfoSlots.maxSpanId);
  if (spanDigests.length !== spanCount || maxSpanId !== spanCount - 1) {
    throw new FormatError(
      "ztoc",
      `it has ${spanCount} spans, but ${spanDigests.length} digests, and ${maxSpanId} as the last span's number`
    );
  }
  const lastCheckpoint = spans.compression === "gzip" ? spans.checkpoints.at(-1) : void 0;
  if (lastCheckpoint !== void 0 && lastCheckpoint.compressedOffset >= compressedSize) {
    throw new FormatError("ztoc", `its last checkpoint lies behind its layer of ${compressedSize} bytes`);
  }
  return {
    buildToolIdentifier: utf8.decode(root.readBytes(ztocSlots.buildToolIdentifier)),
    compressedSize,
    uncompressedSize: root.readSize(ztocSlots.uncompressedArchiveSize),
    spanDigests,
    spans,
    contents: readContents(root.readTable(ztocSlots.toc), bytes.length)
  };
}
function readSpanIndex(compressionInfo) {
  const algorithm = compressionInfo.readInt8(
    compressionInfoSlots.compressionAlgorithm,
    compressionAlgorithms.gzip
  );
  const blob = compressionInfo.readBytes(compressionInfoSlots.checkpoints);
  if (algorithm === compressionAlgorithms.gzip) return decodeGzipSpanIndex(blob);
  if (algorithm === compressionAlgorithms.uncompressed) return decodeTarSpanIndex(blob);
  throw new FormatError("ztoc", `its compression algorithm is number ${algorithm}`);
}
function readContents(toc, ztocBytes) {
  const contents = new TableOfContents();
  for (const file of toc.readTables(tocSlots.metadata)) {
    const type = utf8.decode(file.readBytes(fileSlots.type));
    if (!isEntryType(type)) {
      throw new FormatError(
        "ztoc",
        `file ${contents.length} is of type ${JSON.stringify(type.slice(0, 32))}`
      );
    }
    const paxRecords = [];
    for (const xattr of file.readTables(fileSlots.xattrs)) {
      if ((contents.paxRecordCount + paxRecords.length) * smallestPaxRecordBytes > ztocBytes)
        throw sharedParts();
      paxRecords.push({ key: xattr.readBytes(xattrSlots.key), value: xattr.readBytes(xattrSlots.value) });
    }
    contents.add({
      name: file.readBytes(fileSlots.name),
      type,
      uncompressedOffset: file.readSize(fileSlots.uncompressedOffset),
      uncompressedSize: file.readInt64(fileSlots.uncompressedSize),
      linkName: file.readBytes(fileSlots.linkName),
      mode: file.readInt64(fileSlots.mode),
      uid: file.readUint32(fileSlots.uid),
      gid: file.readUint32(fileSlots.gid),
      userName: file.readBytes(fileSlots.userName),
      groupName: file.readBytes(fileSlots.groupName),
      modificationTime: String.fromCharCode(...file.readBytes(fileSlots.modificationTime).subarray(0, 64)),
      deviceMajor: file.readInt64(fileSlots.deviceMajor),
      deviceMinor: file.readInt64(fileSlots.deviceMinor),
      paxRecords
    });
    if (contents.stringBytes > ztocBytes) throw sharedParts();
  }
  return contents;
}
function sharedParts() {
  return new FormatError("ztoc", "its files share strings or PAX records");
}
function isEntryType(text2) {
  return entryTypes2.has(text2);
}

// lambda-src/core/oci/json-encoding.ts
function encodeJson(value) {
  return new TextEncoder().encode(format(value));
}
function format(value) {
  if (typeof value === "string") return formatString(value);
  if (typeof value === "number") return String(value);
  if (isList2(value)) return `[${value.map(format).join(",")}]`;
  const members = isMap(value) ? sortMembers(value) : Object.entries(value);
  const written = members.flatMap(
    ([name, member]) => member === void 0 ? [] : [`${formatString(name)}:${format(member)}`]
  );
  return `{${written.join(",")}}`;
}
function isList2(value) {
  return Array.isArray(value);
}
function isMap(value) {
  return value instanceof Map;
}
function sortMembers(map) {
  return [...map].sort(([left], [right]) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
}
var escapedByGo = /[<>&\u2028\u2029]/g;
function formatString(text2) {
  const parts = text2.split(new RegExp("\\p{Surrogate}", "u")).map((part) => JSON.stringify(part).slice(1, -1));
  const escaped = parts.join("\\ufffd").replace(escapedByGo, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return `"${escaped}"`;
}

// lambda-src/core/oci/media-type.ts
var ociIndexType = "application/vnd.oci.image.index.v1+json";
var ociManifestType = "application/vnd.oci.image.manifest.v1+json";
var ociConfigType = "application/vnd.oci.image.config.v1+json";
var dockerManifestListType = "application/vnd.docker.distribution.manifest.list.v2+json";
var dockerManifestType = "application/vnd.docker.distribution.manifest.v2+json";
var dockerConfigType = "application/vnd.docker.container.image.v1+json";
var ociLayerPrefix = "application/vnd.oci.image.layer.";
var ociLayerType = "application/vnd.oci.image.layer.v1.tar";
var ociForeignLayerType = "application/vnd.oci.image.layer.nondistributable.v1.tar";
var sociPrefetchType = "application/vnd.amazon.soci.prefetch.v1+json";
var dockerLayerFormats = /* @__PURE__ */ new Map([
  // The compression of these two is unknown by their type; what is indexed is a plain tar.
  ["application/vnd.docker.image.rootfs.diff.tar", "uncompressed"],
  ["application/vnd.docker.image.rootfs.foreign.diff.tar", "uncompressed"],
  ["application/vnd.docker.image.rootfs.diff.tar.gzip", "gzip"],
  ["application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", "gzip"],
  ["application/vnd.docker.image.rootfs.diff.tar.zstd", "zstd"]
]);
function isManifestType(mediaType) {
  return mediaType === ociManifestType || mediaType === dockerManifestType;
}
function isIndexType(mediaType) {
  return mediaType === ociIndexType || mediaType === dockerManifestListType;
}
function isImageConfigType(mediaType) {
  return mediaType === ociConfigType || mediaType === dockerConfigType;
}
function layerFormatOf(mediaType) {
  if (mediaType === sociPrefetchType) return "prefetch";
  const [base = "", ...suffixes] = mediaType.split("+");
  const dockerFormat = dockerLayerFormats.get(base);
  if (dockerFormat !== void 0) return suffixes.length === 0 ? dockerFormat : "unsupported";
  if (!mediaType.startsWith(ociLayerPrefix)) return "not-a-layer";
  if (mediaType === ociLayerType) return "uncompressed";
  if (base !== ociLayerType && base !== ociForeignLayerType) return "unsupported";
  if (suffixes.includes("encrypted")) return "unsupported";
  const compression = suffixes.sort().at(-1);
  return compression === "gzip" || compression === "zstd" ? compression : "unsupported";
}

// lambda-src/core/oci/manifest.ts
var maximumManifestBytes = 4 * 1024 * 1024;
var maximumEntries = 1e3;
var documentFields = new FieldNames(
  "schemaVersion",
  "mediaType",
  "artifactType",
  "config",
  "layers",
  "manifests",
  "fsLayers",
  "subject",
  "annotations"
);
var descriptorFields = new FieldNames(
  "mediaType",
  "digest",
  "size",
  "urls",
  "annotations",
  "data",
  "platform",
  "artifactType"
);
var platformFields = new FieldNames("architecture", "os", "os.version", "os.features", "variant");
function parseManifest(bytes) {
  const faults = new Faults();
  const fields = readDocument(bytes, faults);
  const mediaType = fields.text("mediaType");
  if (fields.has("manifests") || mediaType !== void 0 && isIndexType(mediaType)) {
    faults.note("", "expected the manifest of an image, found an index");
  }
  const config = fields.nested("config", readDescriptor);
  if (config === void 0) fields.note("config", "is missing");
  const manifest = {
    mediaType,
    artifactType: fields.text("artifactType"),
    config: config ?? noDescriptor,
    layers: fields.elements("layers", maximumEntries, readDescriptor),
    subject: fields.nested("subject", readDescriptor),
    annotations: fields.textsByKey("annotations")
  };
  faults.throwIfAny(`manifest ${digestOf(bytes)}`);
  return dropUndefined(manifest);
}
function parseIndex(bytes) {
  const faults = new Faults();
  const fields = readDocument(bytes, faults);
  const mediaType = fields.text("mediaType");
  if (fields.has("config") || fields.has("layers") || mediaType !== void 0 && isManifestType(mediaType)) {
    faults.note("", "expected an image index, found the manifest of an image");
  }
  const index = {
    mediaType,
    artifactType: fields.text("artifactType"),
    manifests: fields.elements("manifests", maximumEntries, readDescriptor),
    subject: fields.nested("subject", readDescriptor),
    annotations: fields.textsByKey("annotations")
  };
  faults.throwIfAny(`image index ${digestOf(bytes)}`);
  return dropUndefined(index);
}
function encodeManifest(manifest) {
  const mediaType = manifest.mediaType ?? ociManifestType;
  return encodeDocument(mediaType, {
    schemaVersion: 2,
    mediaType,
    artifactType: omitEmpty(manifest.artifactType),
    config: formatDescriptor(manifest.config),
    layers: manifest.layers.map(formatDescriptor),
    subject: manifest.subject && formatDescriptor(manifest.subject),
    annotations: formatAnnotations(manifest.annotations)
  });
}
function encodeIndex(index) {
  const mediaType = index.mediaType ?? ociIndexType;
  return encodeDocument(mediaType, {
    schemaVersion: 2,
    mediaType,
    artifactType: omitEmpty(index.artifactType),
    manifests: index.manifests.map(formatDescriptor),
    subject: index.subject && formatDescriptor(index.subject),
    annotations: formatAnnotations(index.annotations)
  });
}
function readPlatform(value, path, faults) {
  const fields = Fields.of(value, platformFields, path, faults);
  return dropUndefined({
    architecture: fields.text("architecture") ?? "",
    os: fields.text("os") ?? "",
    "os.version": fields.text("os.version"),
    "os.features": fields.texts("os.features"),
    variant: fields.text("variant")
  });
}
function readDocument(bytes, faults) {
  if (bytes.length > maximumManifestBytes) {
    throw new FormatError(
      "manifest",
      `${bytes.length} bytes are more than the ${maximumManifestBytes} of a manifest`
    );
  }
  const fields = Fields.of(parseJson(bytes), documentFields, "", faults);
  if (fields.has("fsLayers")) faults.note("", "Docker manifests of schema 1 are not supported");
  else fields.requireNumber("schemaVersion", 2);
  return fields;
}
var noDescriptor = { mediaType: "", digest: "sha256:", size: 0 };
function readDescriptor(value, path, faults) {
  const fields = Fields.of(value, descriptorFields, path, faults);
  return dropUndefined({
    mediaType: fields.requiredText("mediaType"),
    digest: fields.requiredDigest("digest"),
    size: fields.requiredCount("size"),
    urls: fields.texts("urls"),
    annotations: fields.textsByKey("annotations"),
    data: readBase64(fields, "data"),
    platform: fields.nested("platform", readPlatform),
    artifactType: fields.text("artifactType")
  });
}
var base64Pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
function readBase64(fields, name) {
  const text2 = fields.text(name)?.replace(/[\r\n]/g, "");
  if (text2 === void 0 || text2 === "") return void 0;
  if (!base64Pattern.test(text2)) fields.note(name, `expected base64, got ${quoteText(text2)}`);
  return Buffer.from(text2, "base64").toString("base64");
}
function encodeDocument(mediaType, document) {
  const bytes = encodeJson(document);
  return { mediaType, digest: digestOf(bytes), bytes };
}
function formatDescriptor(descriptor) {
  return {
    mediaType: descriptor.mediaType,
    digest: descriptor.digest,
    size: descriptor.size,
    urls: omitEmpty(descriptor.urls),
    annotations: formatAnnotations(descriptor.annotations),
    data: omitEmpty(descriptor.data),
    platform: descriptor.platform && formatPlatformFields(descriptor.platform),
    artifactType: omitEmpty(descriptor.artifactType)
  };
}
function formatPlatformFields(platform) {
  return {
    architecture: platform.architecture,
    os: platform.os,
    "os.version": omitEmpty(platform["os.version"]),
    "os.features": omitEmpty(platform["os.features"]),
    variant: omitEmpty(platform.variant)
  };
}
function formatAnnotations(annotations = {}) {
  const members = Object.entries(annotations);
  return members.length === 0 ? void 0 : new Map(members);
}
function omitEmpty(value) {
  return value?.length === 0 ? void 0 : value;
}

// lambda-src/core/soci/soci-index.ts
var sociIndexTypes = {
  V1: "application/vnd.amazon.soci.index.v1+json",
  V2: "application/vnd.amazon.soci.index.v2+json"
};
var sociConfigBytes = new TextEncoder().encode("{}");
var ztocType = "application/octet-stream";
var layerDigestAnnotation = "com.amazon.soci.image-layer-digest";
var layerTypeAnnotation = "com.amazon.soci.image-layer-mediaType";
var spanSizeAnnotation = "com.amazon.soci.span-size";
var buildToolAnnotation = "com.amazon.soci.build-tool-identifier";
function sociIndexVersionOf(artifactType) {
  if (artifactType === sociIndexTypes.V1) return "V1";
  return artifactType === sociIndexTypes.V2 ? "V2" : void 0;
}
function sociConfigOf(version2) {
  return {
    mediaType: sociIndexTypes[version2],
    digest: digestOf(sociConfigBytes),
    size: sociConfigBytes.length
  };
}
function encodeSociIndex(index) {
  const { subject } = index;
  return encodeManifest({
    config: sociConfigOf(index.version),
    layers: index.layers.map(describeZtoc),
    ...subject && {
      subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size }
    },
    ...index.buildToolIdentifier !== void 0 && {
      annotations: { [buildToolAnnotation]: index.buildToolIdentifier }
    }
  });
}
function parseSociIndex(bytes) {
  const manifest = parseManifest(bytes);
  const version2 = sociIndexVersionOf(manifest.config.mediaType);
  if (version2 === void 0) {
    throw new FormatError(
      "manifest",
      `manifest ${digestOf(bytes)}: not a SOCI index, its config is ${quoteText(manifest.config.mediaType)}`
    );
  }
  const buildToolIdentifier = manifest.annotations?.[buildToolAnnotation];
  return {
    version: version2,
    layers: manifest.layers.filter(({ mediaType }) => mediaType === ztocType).map((ztoc) => readZtoc(ztoc, bytes)),
    ...manifest.subject && { subject: manifest.subject },
    ...buildToolIdentifier !== void 0 && { buildToolIdentifier }
  };
}
function describeZtoc({ layerDigest, layerMediaType, ztoc, spanSize }) {
  return {
    mediaType: ztocType,
    digest: ztoc.digest,
    size: ztoc.size,
    annotations: {
      [layerDigestAnnotation]: layerDigest,
      [layerTypeAnnotation]: layerMediaType,
      ...spanSize !== void 0 && { [spanSizeAnnotation]: String(spanSize) }
    }
  };
}
function readZtoc({ digest, size, annotations = {} }, bytes) {
  const layerDigest = annotations[layerDigestAnnotation];
  const spanSize = annotations[spanSizeAnnotation];
  if (!isDigest(layerDigest)) {
    throw new FormatError(
      "manifest",
      `SOCI index ${digestOf(bytes)}: zTOC ${digest} has no digest of a layer in ${layerDigestAnnotation}`
    );
  }
  if (spanSize !== void 0 && (!/^[0-9]+$/.test(spanSize) || !Number.isSafeInteger(Number(spanSize)))) {
    throw new FormatError(
      "manifest",
      `SOCI index ${digestOf(bytes)}: zTOC ${digest} has the span size ${quoteText(spanSize)}`
    );
  }
  return {
    layerDigest,
    layerMediaType: annotations[layerTypeAnnotation] ?? "",
    ztoc: { digest, size },
    ...spanSize !== void 0 && { spanSize: Number(spanSize) }
  };
}

// lambda-src/core/soci/manifest-kind.ts
var sociIndexDigestAnnotation = "com.amazon.soci.index-digest";
var referenceTypeAnnotation = "vnd.docker.reference.type";
var referenceDigestAnnotation = "vnd.docker.reference.digest";
var inTotoType = "application/vnd.in-toto+json";
var attestationType = "application/vnd.docker.attestation.manifest.v1+json";
function manifestKindOf(manifest) {
  const { config, layers, artifactType, annotations } = manifest;
  if (sociIndexVersionOf(config.mediaType) !== void 0 || sociIndexVersionOf(artifactType) !== void 0) {
    return "soci-index";
  }
  if (artifactType === attestationType) return "attestation";
  if (layers.length > 0 && layers.every(({ mediaType }) => mediaType === inTotoType)) return "attestation";
  if (!isImageConfigType(config.mediaType)) return "artifact";
  return annotations?.[sociIndexDigestAnnotation] === void 0 ? "image" : "converted-image";
}
function isAttestationEntry({ annotations, artifactType }) {
  return annotations?.[referenceTypeAnnotation] === "attestation-manifest" || artifactType === attestationType;
}

// lambda-src/core/soci/conversion.ts
var imageManifestDigestAnnotation = "com.amazon.soci.image-manifest-digest";
function convertImage(image, manifests, platformIndexes) {
  const rewritten = rewriteManifests(image, manifests, platformIndexes);
  const newDigests = new Map([...rewritten].map(([digest, { encoded }]) => [digest, encoded.digest]));
  const entries = image.manifests.map(
    (entry) => followDigests(replaceEntry(entry, rewritten.get(entry.digest)), newDigests)
  );
  placeSociIndexes(entries, describeSociIndexes(platformIndexes, newDigests));
  return {
    index: encodeIndex({ ...image, mediaType: ociIndexType, manifests: entries }),
    manifests: [...rewritten].filter(([digest, { encoded }]) => encoded.digest !== digest).map(([, { encoded }]) => encoded)
  };
}
function findSociIndex(image, manifest) {
  const digest = manifest.annotations?.[sociIndexDigestAnnotation];
  return image.manifests.find((entry) => isSociIndexV2(entry) && entry.digest === digest);
}
function findPlatformSociIndex(image, platform) {
  const key = platformKey(platform);
  return image.manifests.find((entry) => sociIndexKey(entry) === key);
}
function isConversionOf(target, image, manifests, choices) {
  const platformIndexes = [];
  for (const choice of choices) {
    const sociIndex = findPlatformSociIndex(target.index, choice.platform);
    if (sociIndex === void 0) return false;
    platformIndexes.push({ ...choice, sociIndex });
  }
  return convertImage(image, manifests, platformIndexes).index.digest === target.digest;
}
function rewriteManifests(image, manifests, platformIndexes) {
  const rewritten = /* @__PURE__ */ new Map();
  for (const { digest, mediaType } of image.manifests) {
    const sociIndex = platformIndexes.find(({ entry }) => entry.digest === digest)?.sociIndex;
    const bytes = manifests.get(digest);
    if (sociIndex === void 0 && (mediaType !== dockerManifestType || bytes === void 0)) continue;
    if (bytes === void 0) throw new Error(`the manifest ${digest} was not given for conversion`);
    const manifest = parseManifest(bytes);
    const annotations = {
      ...manifest.annotations,
      ...sociIndex && { [sociIndexDigestAnnotation]: sociIndex.digest }
    };
    const encoded = encodeManifest({
      ...manifest,
      mediaType: ociManifestType,
      // The config's bytes are the same in both; only a config of OCI's type makes the manifest an OCI image.
      config: { ...manifest.config, mediaType: ociConfigType },
      annotations
    });
    rewritten.set(digest, { encoded, addedAnnotations: sociIndex === void 0 ? {} : annotations });
  }
  return rewritten;
}
function replaceEntry(entry, manifest) {
  if (manifest === void 0) return entry;
  const { encoded, addedAnnotations } = manifest;
  return {
    ...entry,
    mediaType: encoded.mediaType,
    digest: encoded.digest,
    size: encoded.bytes.length,
    annotations: { ...entry.annotations, ...addedAnnotations }
  };
}
function followDigests(entry, newDigests) {
  const followed = [referenceDigestAnnotation, imageManifestDigestAnnotation].flatMap((name) => {
    const newDigest = newDigests.get(entry.annotations?.[name] ?? "");
    return newDigest === void 0 ? [] : [[name, newDigest]];
  });
  return followed.length === 0 ? entry : { ...entry, annotations: { ...entry.annotations, ...Object.fromEntries(followed) } };
}
function describeSociIndexes(platformIndexes, newDigests) {
  return platformIndexes.map(({ platform, entry, sociIndex }, position) => {
    const isFirst = platformIndexes.findIndex((other) => other.entry.digest === entry.digest) === position;
    const manifestDigest = isFirst ? newDigests.get(entry.digest) : void 0;
    return {
      mediaType: ociManifestType,
      digest: sociIndex.digest,
      size: sociIndex.size,
      ...manifestDigest && { annotations: { [imageManifestDigestAnnotation]: manifestDigest } },
      platform,
      artifactType: sociIndexTypes.V2
    };
  });
}
function placeSociIndexes(entries, sociEntries) {
  const keys = entries.map(sociIndexKey);
  for (const sociEntry of sociEntries) {
    const position = keys.indexOf(platformKey(sociEntry.platform));
    if (position < 0) entries.push(sociEntry);
    else entries[position] = sociEntry;
  }
}
function isSociIndexV2({ artifactType }) {
  return sociIndexVersionOf(artifactType) === "V2";
}
function sociIndexKey(entry) {
  return isSociIndexV2(entry) && entry.platform ? platformKey(entry.platform) : void 0;
}

// lambda-src/core/oci/image-config.ts
var maximumConfigBytes = 4 * 1024 * 1024;
function parseConfigPlatform(bytes) {
  if (bytes.length > maximumConfigBytes) {
    throw new FormatError(
      "manifest",
      `${bytes.length} bytes are more than the ${maximumConfigBytes} of an image's config`
    );
  }
  const faults = new Faults();
  const platform = readPlatform(parseJson(bytes), "", faults);
  const subject = `image config ${digestOf(bytes)}`;
  faults.throwIfAny(subject);
  if (platform.architecture === "") {
    throw new FormatError("manifest", `${subject}: architecture: is missing`);
  }
  return normalizePlatform(platform);
}

// lambda-src/core/soci/platform-choice.ts
function wrapManifest(manifest, platform) {
  const { mediaType, digest, size } = manifest;
  return { mediaType: ociIndexType, manifests: [{ mediaType, digest, size, platform }] };
}
function choosePlatforms(index, wanted) {
  for (const [position, entry] of index.manifests.entries()) {
    if (!isIndexType(entry.mediaType)) continue;
    throw new FormatError(
      "manifest",
      `manifests[${position}] (${entry.digest}) is an image index within an image index, which is not supported`
    );
  }
  const images = choicesOf(index);
  const available = images.map(({ platform }) => platform);
  if (wanted === void 0) return { chosen: images, missing: [], available };
  const chosen = [];
  const missing = [];
  for (const platform of firstByKey(wanted, platformKey)) {
    const image = images.find((offered) => matchesPlatform(platform, offered.platform));
    if (image === void 0) missing.push(platform);
    else chosen.push({ platform, entry: image.entry });
  }
  return { chosen, missing, available };
}
function describeMissingPlatforms({ missing, available }) {
  const list = (platforms) => platforms.map((platform) => quoteText(formatPlatform(platform)).slice(1, -1)).join(", ");
  const offer = available.length === 0 ? "it names no platform at all" : `it has ${list(available)}`;
  return `the image has no manifest for ${list(missing)}: ${offer}`;
}
function choicesOf(index) {
  const choices = index.manifests.flatMap(
    (entry) => entry.platform !== void 0 && isImage(entry, entry.platform) ? [{ platform: entry.platform, entry }] : []
  );
  return firstByKey(choices, ({ platform }) => platformKey(platform));
}
function isImage(entry, { os, architecture }) {
  if (!isManifestType(entry.mediaType) || os === "unknown" || architecture === "unknown") return false;
  return sociIndexVersionOf(entry.artifactType) === void 0 && !isAttestationEntry(entry);
}
function firstByKey(items, keyOf) {
  const first = /* @__PURE__ */ new Map();
  for (const item of items) {
    const key = keyOf(item);
    if (!first.has(key)) first.set(key, item);
  }
  return [...first.values()];
}

// lambda-src/indexer/source-image.ts
async function readSourceImage(store, source, wanted, signal) {
  if (isIndexType(source.mediaType)) {
    const index2 = parseIndex(source.bytes);
    const choices = choosePlatforms(index2, wanted);
    const needed = new Set(choices.chosen.map(({ entry }) => entry.digest));
    for (const entry of index2.manifests) if (entry.mediaType === dockerManifestType) needed.add(entry.digest);
    const manifests = /* @__PURE__ */ new Map();
    for (const digest of needed) manifests.set(digest, (await store.fetchManifest(digest, signal)).bytes);
    return { kind: "image", digest: source.digest, index: index2, choices, manifests };
  }
  const manifest = parseManifest(source.bytes);
  switch (manifestKindOf(manifest)) {
    case "soci-index":
      return { kind: "none", reason: "soci index" };
    case "attestation":
      return { kind: "none", reason: "attestation" };
    case "artifact":
      return { kind: "none", reason: "not an image" };
    case "image":
    case "converted-image":
  }
  const descriptor = {
    mediaType: source.mediaType,
    digest: source.digest,
    size: source.bytes.length
  };
  const platform = parseConfigPlatform(
    await readWholeBlob(store, manifest.config, maximumConfigBytes, signal)
  );
  const index = wrapManifest(descriptor, platform);
  return {
    kind: "image",
    digest: source.digest,
    index,
    choices: choosePlatforms(index, wanted),
    manifests: /* @__PURE__ */ new Map([[source.digest, source.bytes]])
  };
}
function readPlatformImages({ choices, manifests }) {
  return choices.chosen.map((choice) => ({
    ...choice,
    manifest: parseManifest(manifests.get(choice.entry.digest))
  }));
}

// lambda-src/indexer/find-indexes.ts
async function findSociIndexes(store, reference, wanted, signal) {
  const stored = await store.fetchManifest(reference, signal);
  if (!isIndexType(stored.mediaType) && manifestKindOf(parseManifest(stored.bytes)) === "soci-index") {
    return { kind: "soci index", index: describeIndex(stored) };
  }
  const image = await readSourceImage(store, stored, wanted, signal);
  if (image.kind === "none") return { kind: "none", digest: stored.digest, reason: image.reason };
  const platforms = [];
  for (const platform of readPlatformImages(image)) {
    const indexes = [];
    const converted = findSociIndex(image.index, platform.manifest);
    if (converted !== void 0)
      indexes.push(describeIndex(await store.fetchManifest(converted.digest, signal)));
    for (const referrer of await store.listReferrers(platform.entry.digest, sociIndexTypes.V1, signal)) {
      indexes.push(describeIndex(await store.fetchManifest(referrer.digest, signal)));
    }
    platforms.push({ ...platform, indexes });
  }
  return { kind: "image", digest: stored.digest, platforms };
}
function describeIndex(stored) {
  return { ...parseSociIndex(stored.bytes), digest: stored.digest, size: stored.bytes.length };
}

// lambda-src/content/content-store.ts
var NotFoundError = class extends Error {
  name = "NotFoundError";
};
var ImmutableTagError = class extends Error {
  constructor(tag2, options) {
    super(`tag ${tag2} is taken and immutable`, options);
    this.tag = tag2;
  }
  tag;
  name = "ImmutableTagError";
};

// lambda-src/core/soci/layer-selection.ts
function selectLayers(layers, minimumLayerSize2) {
  return layers.map((layer) => selectLayer(layer, minimumLayerSize2));
}
function selectLayer(layer, minimumLayerSize2) {
  const format2 = layerFormatOf(layer.mediaType);
  if (format2 === "prefetch") return { kind: "skip", layer, reason: "prefetch-artifact" };
  if (format2 === "not-a-layer") return { kind: "skip", layer, reason: "not-a-layer" };
  if (layer.size < minimumLayerSize2) return { kind: "skip", layer, reason: "too-small" };
  if (format2 === "zstd") return { kind: "skip", layer, reason: "zstd" };
  if (format2 === "unsupported") return { kind: "skip", layer, reason: "unsupported-media-type" };
  return { kind: "index", layer, compression: format2 };
}

// lambda-src/indexer/existing-index.ts
function isAlreadyConverted(image, platforms) {
  return platforms.every(({ manifest }) => findSociIndex(image.index, manifest) !== void 0);
}
async function readTargetState(store, targetTag, image, platforms, settings, signal) {
  const target = await fetchUnlessMissing(store, targetTag, signal);
  if (target === void 0) return { kind: "nothing" };
  if (!isIndexType(target.mediaType)) return { kind: "taken" };
  const index = parseIndex(target.bytes);
  if (!hasSociIndexes(index)) return { kind: "taken" };
  const { digest } = target;
  if (!isConversionOf({ digest, index }, image.index, image.manifests, platforms))
    return { kind: "other image", digest };
  for (const platform of platforms) {
    const sociIndex = await readSociIndex(store, findPlatformSociIndex(index, platform.platform), signal);
    if (sociIndex === void 0 || !isMadeWith(sociIndex, settings, platform.layers)) {
      return { kind: "other settings", digest };
    }
  }
  return { kind: "same", digest };
}
async function findReferrer(store, platform, settings, signal) {
  const found = [];
  for (const referrer of await store.listReferrers(platform.entry.digest, sociIndexTypes.V1, signal)) {
    const sociIndex = await readSociIndex(store, referrer, signal);
    if (sociIndex === void 0) continue;
    const isOurs = sociIndex.buildToolIdentifier === settings.buildToolIdentifier;
    const difference = !isOurs ? "other builder" : isMadeWith(sociIndex, settings, platform.layers) ? void 0 : "other settings";
    found.push({ digest: referrer.digest, difference });
  }
  const order = [void 0, "other settings", "other builder"];
  return found.toSorted((a, b) => order.indexOf(a.difference) - order.indexOf(b.difference))[0];
}
async function readSociIndex(store, descriptor, signal) {
  if (descriptor === void 0) return void 0;
  const manifest = await fetchUnlessMissing(store, descriptor.digest, signal);
  if (manifest === void 0) return void 0;
  try {
    return parseSociIndex(manifest.bytes);
  } catch (error) {
    if (error instanceof FormatError) return void 0;
    throw error;
  }
}
async function fetchUnlessMissing(store, reference, signal) {
  try {
    return await store.fetchManifest(reference, signal);
  } catch (error) {
    if (error instanceof NotFoundError) return void 0;
    throw error;
  }
}
function hasSociIndexes({ manifests }) {
  return manifests.some(({ artifactType }) => sociIndexVersionOf(artifactType) === "V2");
}
function isMadeWith(sociIndex, settings, layers) {
  const wanted = layers.flatMap(({ kind, layer }) => kind === "index" ? [layer.digest] : []);
  return sociIndex.buildToolIdentifier === settings.buildToolIdentifier && sociIndex.layers.every(({ spanSize }) => spanSize === settings.spanSizeBytes) && sociIndex.layers.length === wanted.length && sociIndex.layers.every(({ layerDigest }, position) => layerDigest === wanted[position]);
}

// lambda-src/indexer/index-layer.ts
var magicBytes = 2;
async function indexLayer(store, layer, jobs, options, onBytes, signal) {
  const { digest } = layer;
  let built;
  try {
    built = await buildZtoc(store, layer, jobs, options, onBytes, signal);
  } catch (error) {
    const reason = skipReasonOf(error, layer);
    if (reason === void 0) throw error;
    return { digest, status: "skipped", reason: `not indexable: ${reason}` };
  }
  if (built.overlappingEntry !== void 0) {
    const name = JSON.stringify(built.overlappingEntry);
    const reason = `the entry ${name} begins before the end of the one in front of it, which the SOCI snapshotter refuses`;
    return { digest, status: "skipped", reason: `not indexable: ${reason}` };
  }
  const size = built.bytes.length;
  await store.pushBlob({ mediaType: ztocMediaType, digest: built.digest, size }, built.bytes, signal);
  return {
    digest,
    status: "indexed",
    ztoc: { digest: built.digest, size, spans: built.spans, files: built.files }
  };
}
async function buildZtoc(store, layer, jobs, options, onBytes, signal) {
  const job = jobs.start(options);
  try {
    let formatError;
    for await (const piece of store.fetchBlob(layer, signal)) {
      onBytes(piece.length);
      if (formatError !== void 0) continue;
      try {
        await job.push(piece);
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        formatError = error;
      }
    }
    if (formatError !== void 0) throw formatError;
    return await job.finish();
  } catch (error) {
    throw error instanceof FormatError ? namingLayer(error, layer) : error;
  } finally {
    job.discard();
  }
}
function namingLayer({ format: format2, problem, offset }, layer) {
  return new FormatError(format2, `layer ${layer.digest}: ${problem}`, offset);
}
function skipReasonOf(error, layer) {
  if (error instanceof FormatError) {
    const { format: format2, message, offset } = error;
    if (format2 === "tar") return message;
    if (format2 === "gzip" && offset !== void 0 && offset <= magicBytes && layer.size > 0) return message;
  }
  if (error instanceof NotFoundError && /\.nondistributable\.|\.foreign\./.test(layer.mediaType))
    return error.message;
  return void 0;
}

// lambda-src/indexer/index-layers.ts
async function indexLayers(store, layers, options) {
  const queue = layers.toSorted((a, b) => b.layer.size - a.layer.size);
  if (queue.length > 0) options.progress?.onStart(queue.map(({ layer }) => layer));
  const outcomes = /* @__PURE__ */ new Map();
  let bytesRead = 0;
  const failure = new AbortController();
  const signal = options.signal === void 0 ? failure.signal : AbortSignal.any([options.signal, failure.signal]);
  const target = options.dryRun === true ? withoutWriting(store) : store;
  const work = async () => {
    for (let next = queue.shift(); next !== void 0; next = queue.shift()) {
      const { layer, compression } = next;
      const { spanSizeBytes, buildToolIdentifier } = options;
      const onBytes = (bytes) => {
        bytesRead += bytes;
        options.progress?.onBytes(layer, bytes);
      };
      const ztocOptions = { compression, spanSizeBytes, buildToolIdentifier };
      const outcome = await indexLayer(target, layer, options.jobs, ztocOptions, onBytes, signal);
      outcomes.set(layer.digest, outcome);
      options.progress?.onLayerDone(layer, outcome);
    }
  };
  const workers = Array.from({ length: Math.min(options.jobs.size, queue.length) }, async () => {
    try {
      await work();
    } catch (error) {
      queue.length = 0;
      failure.abort(error);
      throw error;
    }
  });
  const ends = await Promise.allSettled(workers);
  if (failure.signal.aborted) throw failure.signal.reason;
  options.signal?.throwIfAborted();
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  return { outcomes, bytesRead };
}
function withoutWriting(store) {
  return {
    fetchBlob: (...args) => store.fetchBlob(...args),
    fetchManifest: (...args) => store.fetchManifest(...args),
    resolve: (...args) => store.resolve(...args),
    listReferrers: (...args) => store.listReferrers(...args),
    pushBlob: () => Promise.resolve(),
    pushManifest: () => Promise.resolve()
  };
}

// lambda-src/indexer/index-image.ts
async function indexImage(store, source, options) {
  const { version: version2, signal } = options;
  const common = { version: version2, indexes: [], bytesRead: 0, warnings: [] };
  const skip = (reason) => ({ ...common, status: "skipped", reason });
  const stored = await store.fetchManifest(source.reference, signal);
  const image = await readSourceImage(store, stored, options.platforms, signal);
  if (image.kind === "none") return skip(image.reason);
  const { choices } = image;
  if (choices.missing.length > 0 && options.missingPlatforms === "refuse") {
    throw new ConfigError([describeMissingPlatforms(choices)]);
  }
  if (choices.chosen.length === 0) return skip("no platform");
  const platforms = readPlatformImages(image).map((platform) => ({
    ...platform,
    layers: selectLayers(platform.manifest.layers, options.minimumLayerSize)
  }));
  const worthIndexing = platforms.filter(({ layers }) => layers.some(({ kind }) => kind === "index"));
  if (worthIndexing.length === 0) {
    return {
      ...skip("no layer to index"),
      indexes: platforms.map((platform) => describePlatform(platform, /* @__PURE__ */ new Map()))
    };
  }
  return version2 === "V1" ? indexAsReferrers(store, platforms, worthIndexing, options) : indexAsImage(store, source, image, platforms, worthIndexing, options);
}
async function indexAsReferrers(store, platforms, worthIndexing, options) {
  const warnings = [];
  const existing = /* @__PURE__ */ new Map();
  for (const platform of worthIndexing) {
    const referrer = await findReferrer(store, platform, options, options.signal);
    if (referrer === void 0 || referrer.difference === "other settings") continue;
    existing.set(platform, referrer.digest);
    if (referrer.difference === "other builder") {
      warnings.push(
        `${formatPlatform(platform.platform)}: the SOCI index ${referrer.digest} of another builder stays`
      );
    }
  }
  const toIndex = worthIndexing.filter((platform) => !existing.has(platform));
  const { results, bytesRead } = await buildSociIndexes(store, platforms, toIndex, options);
  const made = results.filter(({ sociIndex }) => sociIndex !== void 0);
  const indexes = results.map(({ platform, layers, sociIndex }) => {
    const digest = sociIndex?.digest ?? existing.get(platform);
    return { platform: formatPlatform(platform.platform), ...digest !== void 0 && { digest }, layers };
  });
  const common = { version: options.version, indexes, bytesRead, warnings };
  const first = indexes.find(({ digest }) => digest !== void 0);
  if (first?.digest === void 0) return { ...common, status: "skipped", reason: "no layer to index" };
  if (made.length === 0) return { ...common, status: "already-indexed", digest: first.digest };
  if (options.dryRun === true) return { ...common, status: "dry-run", digest: first.digest };
  await writeSociIndexes(store, made, options);
  return { ...common, status: "indexed", digest: first.digest };
}
async function indexAsImage(store, source, image, platforms, worthIndexing, options) {
  const { targetTag, signal } = options;
  const tag2 = targetTag === void 0 ? {} : { tag: targetTag };
  const nothingRead = { version: options.version, indexes: [], bytesRead: 0, warnings: [] };
  const skip = (reason) => ({ ...nothingRead, status: "skipped", reason });
  const alreadyAt = (digest2, where = tag2) => ({
    ...nothingRead,
    status: "already-indexed",
    digest: digest2,
    ...where
  });
  if (isAlreadyConverted(image, worthIndexing)) {
    return alreadyAt(image.digest, source.tag === void 0 ? {} : { tag: source.tag });
  }
  if (targetTag !== void 0) {
    const target = await readTargetState(store, targetTag, image, worthIndexing, options, signal);
    if (target.kind === "same") return alreadyAt(target.digest);
    if (target.kind === "taken" && targetTag !== source.tag) return skip("target tag taken");
    if (target.kind !== "nothing" && await options.isTagImmutable?.(targetTag) === true) {
      return target.kind === "other settings" ? alreadyAt(target.digest) : skip("tag immutable");
    }
  }
  const { results, bytesRead } = await buildSociIndexes(store, platforms, worthIndexing, options);
  const indexes = results.map(describeResult);
  const common = { version: options.version, indexes, bytesRead, warnings: [] };
  const made = results.flatMap(
    ({ platform, sociIndex }) => sociIndex === void 0 ? [] : [{ ...platform, sociIndex: { digest: sociIndex.digest, size: sociIndex.bytes.length } }]
  );
  if (made.length === 0) return { ...common, status: "skipped", reason: "no layer to index" };
  const converted = convertImage(image.index, image.manifests, made);
  const { digest } = converted.index;
  if (options.dryRun === true) return { ...common, status: "dry-run", digest, ...tag2 };
  await writeSociIndexes(store, results, options);
  for (const manifest of converted.manifests) await store.pushManifest(manifest, void 0, signal);
  const moved = await describeMove(store, source, image.digest, signal);
  if (moved !== void 0) return { ...common, status: "superseded", reason: moved };
  try {
    await store.pushManifest(converted.index, targetTag, signal);
  } catch (error) {
    if (!(error instanceof ImmutableTagError)) throw error;
    return { ...common, status: "skipped", reason: "tag immutable" };
  }
  return { ...common, status: "indexed", digest, ...tag2 };
}
async function buildSociIndexes(store, platforms, toIndex, options) {
  const { version: version2, spanSizeBytes, buildToolIdentifier } = options;
  const layers = /* @__PURE__ */ new Map();
  for (const choice of toIndex.flatMap((platform) => platform.layers)) {
    if (choice.kind === "index") layers.set(choice.layer.digest, choice);
  }
  const { outcomes, bytesRead } = await indexLayers(store, [...layers.values()], options);
  const results = platforms.map((platform) => {
    const platformOutcomes = toIndex.includes(platform) ? outcomes : /* @__PURE__ */ new Map();
    const indexedLayers = platform.layers.flatMap(({ kind, layer }) => {
      const outcome = platformOutcomes.get(layer.digest);
      if (kind === "skip" || outcome?.status !== "indexed") return [];
      const { digest, size } = outcome.ztoc;
      return [
        {
          layerDigest: layer.digest,
          layerMediaType: layer.mediaType,
          ztoc: { digest, size },
          spanSize: spanSizeBytes
        }
      ];
    });
    const sociIndex = {
      version: version2,
      layers: indexedLayers,
      buildToolIdentifier,
      ...version2 === "V1" && { subject: platform.entry }
    };
    return {
      platform,
      layers: describePlatform(platform, platformOutcomes).layers,
      sociIndex: indexedLayers.length === 0 ? void 0 : encodeSociIndex(sociIndex)
    };
  });
  return { results, bytesRead };
}
async function writeSociIndexes(store, results, { version: version2, signal }) {
  await store.pushBlob(sociConfigOf(version2), sociConfigBytes, signal);
  for (const { sociIndex } of results) {
    if (sociIndex !== void 0) await store.pushManifest(sociIndex, void 0, signal);
  }
}
async function describeMove(store, { tag: tag2 }, indexed, signal) {
  if (tag2 === void 0) return void 0;
  const now = await store.resolve(tag2, signal);
  if (now?.digest === indexed) return void 0;
  return now === void 0 ? `the tag ${tag2} is gone` : `the tag ${tag2} now points to ${now.digest}`;
}
function describeResult({ platform, layers, sociIndex }) {
  return {
    platform: formatPlatform(platform.platform),
    ...sociIndex && { digest: sociIndex.digest },
    layers
  };
}
function describePlatform(platform, outcomes) {
  return {
    platform: formatPlatform(platform.platform),
    layers: platform.layers.flatMap((choice) => {
      const { digest } = choice.layer;
      if (choice.kind === "skip") return [{ digest, status: "skipped", reason: choice.reason }];
      const outcome = outcomes.get(digest);
      return outcome === void 0 ? [] : [outcome];
    })
  };
}

// lambda-src/indexer/ztoc-workers.ts
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
var bufferBytes = 256 * 1024;
var buffersPerJob = 4;
var ZtocWorkers = class {
  /**
   * @param entry The bundle to run in each thread; it must call `serveZtocJobs` when it is loaded.
   * @param size How many jobs at the same time. Threads are started when they are first needed.
   */
  constructor(entry, size = availableParallelism()) {
    this.entry = entry;
    this.size = size;
  }
  entry;
  size;
  #idle = [];
  #all = /* @__PURE__ */ new Set();
  #startedJobs = 0;
  start(options) {
    const worker = this.#idle.pop() ?? this.#startWorker();
    return new WorkerJob(worker, ++this.#startedJobs, options, () => {
      if (this.#all.has(worker)) this.#idle.push(worker);
    });
  }
  /** Ends all threads. */
  async close() {
    const workers = [...this.#all];
    this.#all.clear();
    this.#idle.length = 0;
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  #startWorker() {
    const worker = new Worker(this.entry, { workerData: ztocWorkerRole });
    this.#all.add(worker);
    worker.on("error", () => void 0);
    worker.on("exit", () => {
      this.#all.delete(worker);
      const place = this.#idle.indexOf(worker);
      if (place >= 0) this.#idle.splice(place, 1);
    });
    return worker;
  }
};
var WorkerJob = class {
  constructor(worker, job, options, giveBack) {
    this.worker = worker;
    this.job = job;
    this.giveBack = giveBack;
    worker.on("message", this.#onMessage).on("error", this.#onError).on("exit", this.#onExit);
    this.#send({ kind: "start", options });
  }
  worker;
  job;
  giveBack;
  #free = [];
  #filling;
  #filledBytes = 0;
  #madeBuffers = 0;
  #error;
  #built;
  #wake;
  #isOver = false;
  async push(layerBytes) {
    let next = 0;
    while (next < layerBytes.length) {
      this.#filling ??= await this.#takeBuffer();
      const piece = layerBytes.subarray(next, next + this.#filling.length - this.#filledBytes);
      this.#filling.set(piece, this.#filledBytes);
      this.#filledBytes += piece.length;
      next += piece.length;
      if (this.#filledBytes === this.#filling.length) this.#handOver();
    }
  }
  async finish() {
    if (this.#filledBytes > 0) this.#handOver();
    this.#send({ kind: "finish" });
    while (this.#built === void 0) await this.#nextMessage();
    return this.#built;
  }
  discard() {
    if (this.#isOver) return;
    this.#isOver = true;
    this.worker.off("message", this.#onMessage).off("error", this.#onError).off("exit", this.#onExit);
    this.#send({ kind: "discard" });
    this.giveBack();
  }
  #onMessage = (answer) => {
    if (answer.job !== this.job) return;
    if (answer.kind === "used") this.#free.push(answer.buffer);
    if (answer.kind === "built") this.#built = answer.ztoc;
    else if (answer.failure !== void 0) this.#fail(answer.failure);
    this.#wake?.();
  };
  #onError = (error) => {
    this.#error ??= error instanceof Error ? error : new Error(String(error));
    this.#wake?.();
  };
  #onExit = () => {
    this.#onError(new Error("the thread that builds the zTOC has ended"));
  };
  #fail(failure) {
    this.#error ??= unpackFailure(failure);
  }
  async #takeBuffer() {
    for (; ; ) {
      if (this.#error !== void 0) throw this.#error;
      const free = this.#free.pop();
      if (free !== void 0) return new Uint8Array(free);
      if (this.#madeBuffers < buffersPerJob) {
        this.#madeBuffers++;
        return new Uint8Array(bufferBytes);
      }
      await this.#nextMessage();
    }
  }
  /** @throws the job's error, at once or when it comes. */
  async #nextMessage() {
    if (this.#error === void 0) {
      await new Promise((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = void 0;
    }
    if (this.#error !== void 0) throw this.#error;
  }
  #handOver() {
    const buffer = this.#filling.buffer;
    this.#send({ kind: "push", buffer, length: this.#filledBytes }, [buffer]);
    this.#filling = void 0;
    this.#filledBytes = 0;
  }
  #send(request, transfer = []) {
    this.worker.postMessage({ job: this.job, ...request }, transfer);
  }
};

// lambda-src/local-registry/local-registry.ts
import { randomUUID as randomUUID3 } from "node:crypto";
import { once as once2 } from "node:events";
import { createServer } from "node:http";

// lambda-src/local-registry/access-control.ts
import { randomUUID } from "node:crypto";

// lambda-src/local-registry/reply.ts
function replyWithError(status, code2, message, headers = {}) {
  const json = { errors: [{ code: code2, message }] };
  return replyWithJson(status, json, { "content-type": "application/json", ...headers });
}
function replyWithJson(status, json, headers) {
  return { status, headers, body: contentOf(new TextEncoder().encode(JSON.stringify(json))) };
}
function contentOf(bytes) {
  return { size: bytes.length, read: (start, end) => [bytes.subarray(start, end)] };
}
function sliceOf(content, start, end) {
  return { size: end - start, read: (from, to) => content.read(start + from, start + to) };
}

// lambda-src/local-registry/access-control.ts
var service = "local-registry";
var tokenSeconds = 300;
var identityToken = "local-registry-identity-token";
var AccessControl = class {
  /** @param realm Address of the token service. */
  constructor(options, realm) {
    this.options = options;
    this.realm = realm;
  }
  options;
  realm;
  /** Tokens and the scopes they hold for. */
  #tokens = /* @__PURE__ */ new Map();
  /** Refuses a request whose Authorization header does not allow it, else undefined. */
  refuse(authorization, repository2, isRead) {
    if (this.options === void 0) return void 0;
    const actions = isRead ? "pull" : "pull,push";
    const scope = `repository:${repository2}:${actions}`;
    const allowed = this.options.scheme === "basic" ? this.#isPassword(authorization) : this.#tokens.get(/^Bearer (.+)$/.exec(authorization ?? "")?.[1] ?? "")?.has(scope) === true;
    return allowed ? void 0 : this.challenge(scope);
  }
  /** The refusal that says how to be allowed. */
  challenge(scope) {
    const header = this.options?.scheme === "bearer" ? `Bearer realm="${this.realm}",service="${service}",scope="${scope}"` : `Basic realm="${service}",service="${service}"`;
    return replyWithError(401, "UNAUTHORIZED", "authentication required", { "www-authenticate": header });
  }
  /** Answers a request to the token service. */
  issueToken(authorization, parameters) {
    const { options } = this;
    if (options?.scheme !== "bearer") return replyWithError(404, "UNSUPPORTED", "there is no token service");
    const scope = parameters.get("scope") ?? "";
    const isKnown = this.#isPassword(authorization) || parameters.get("refresh_token") === identityToken;
    const isAnonymous = authorization === void 0 && options.anonymousPull === true && scope.endsWith(":pull");
    if (!isKnown && !isAnonymous) return replyWithError(401, "UNAUTHORIZED", "wrong user name or password");
    const token = randomUUID();
    this.#tokens.set(token, /* @__PURE__ */ new Set([scope, scope.replace(/:pull,push$/, ":pull")]));
    const headers = { "content-type": "application/json" };
    return replyWithJson(200, { token, access_token: token, expires_in: tokenSeconds }, headers);
  }
  /** Makes every token that was given worthless, as time does. */
  expireTokens() {
    this.#tokens.clear();
  }
  #isPassword(authorization) {
    const expected = Buffer.from(`${this.options?.username ?? ""}:${this.options?.password ?? ""}`);
    return authorization === `Basic ${expected.toString("base64")}`;
  }
};

// lambda-src/local-registry/blob-handlers.ts
import { randomUUID as randomUUID2 } from "node:crypto";

// lambda-src/local-registry/content-digest.ts
import { createHash as createHash4 } from "node:crypto";
function algorithmOf(digest) {
  if (/^sha256:[0-9a-f]{64}$/.test(digest)) return "sha256";
  return /^sha512:[0-9a-f]{128}$/.test(digest) ? "sha512" : void 0;
}
function computeDigest(algorithm, content) {
  return `${algorithm}:${createHash4(algorithm).update(content).digest("hex")}`;
}

// lambda-src/local-registry/blob-handlers.ts
function readBlob(request, repository2, digest) {
  const blob = repository2.blobs.get(digest);
  if (blob === void 0) return replyWithError(404, "BLOB_UNKNOWN", `blob ${digest} is unknown`);
  return replyWithRange(request, blob, { "docker-content-digest": digest });
}
function replyWithRange(request, content, digestHeader) {
  const headers = { "content-type": "application/octet-stream", "accept-ranges": "bytes", ...digestHeader };
  const range = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? "");
  if (range === null || range[1] === "" && range[2] === "") return { status: 200, headers, body: content };
  const [, first = "", last = ""] = range;
  const start = first === "" ? Math.max(content.size - Number(last), 0) : Number(first);
  const end = first === "" || last === "" ? content.size : Math.min(Number(last) + 1, content.size);
  if (start >= content.size || start >= end) {
    return { status: 416, headers: { ...headers, "content-range": `bytes */${content.size}` } };
  }
  return {
    status: 206,
    headers: { ...headers, "content-range": `bytes ${start}-${end - 1}/${content.size}` },
    body: sliceOf(content, start, end)
  };
}
function deleteBlob(repository2, digest) {
  if (repository2.blobs.delete(digest)) return { status: 202 };
  return replyWithError(404, "BLOB_UNKNOWN", `blob ${digest} is unknown`);
}
function openUpload(request, name, repository2, others) {
  const mounted = request.query.get("mount");
  if (mounted !== null) {
    const from = request.query.get("from");
    const sources = from === null ? [...others.values()] : [others.get(from)];
    const content = sources.map((source) => source?.blobs.get(mounted)).find((blob) => blob !== void 0);
    if (content !== void 0) {
      repository2.blobs.set(mounted, content);
      return blobCreated(name, mounted);
    }
  }
  const session = { id: randomUUID2(), pieces: [], size: 0 };
  if (request.query.get("digest") !== null) return finishUpload(request, name, repository2, session);
  repository2.uploads.set(session.id, session);
  return { status: 202, headers: { ...uploadHeaders(name, session) } };
}
function continueUpload(request, name, repository2, id) {
  const session = repository2.uploads.get(id);
  if (session === void 0 || request.query.get("state") !== stateOf(session)) {
    return replyWithError(404, "BLOB_UPLOAD_UNKNOWN", `upload ${id} is unknown`);
  }
  switch (request.method) {
    case "GET":
      return { status: 204, headers: uploadHeaders(name, session) };
    case "DELETE":
      repository2.uploads.delete(id);
      return { status: 204 };
    case "PATCH": {
      const refusal = appendPiece(request, name, session);
      return refusal ?? { status: 202, headers: uploadHeaders(name, session) };
    }
    case "PUT":
      return finishUpload(request, name, repository2, session);
    default:
      return replyWithError(405, "UNSUPPORTED", `${request.method} of an upload`);
  }
}
function finishUpload(request, name, repository2, session) {
  const refusal = appendPiece(request, name, session);
  if (refusal !== void 0) return refusal;
  repository2.uploads.delete(session.id);
  const digest = request.query.get("digest") ?? "";
  const algorithm = algorithmOf(digest);
  const content = Buffer.concat(session.pieces);
  if (algorithm === void 0 || computeDigest(algorithm, content) !== digest) {
    return replyWithError(400, "DIGEST_INVALID", "the digest is not that of the uploaded content");
  }
  repository2.blobs.set(digest, contentOf(content));
  return blobCreated(name, digest);
}
function appendPiece(request, name, session) {
  const range = request.headers["content-range"];
  const [, first, last] = /^(\d+)-(\d+)$/.exec(range ?? "") ?? [];
  if (range !== void 0) {
    if (Number(first) !== session.size) return { status: 416, headers: uploadHeaders(name, session) };
    if (Number(last) - Number(first) + 1 !== request.body.length) {
      return replyWithError(400, "SIZE_INVALID", "the range is not as long as the body");
    }
  }
  session.pieces.push(request.body);
  session.size += request.body.length;
  return void 0;
}
function uploadHeaders(name, session) {
  return {
    location: `/v2/${name}/blobs/uploads/${session.id}?state=${encodeURIComponent(stateOf(session))}`,
    range: `0-${Math.max(session.size - 1, 0)}`,
    "docker-upload-uuid": session.id
  };
}
function stateOf(session) {
  return `${session.id}/+=&`;
}
function blobCreated(name, digest) {
  return {
    status: 201,
    headers: { location: `/v2/${name}/blobs/${digest}`, "docker-content-digest": digest }
  };
}

// lambda-src/local-registry/faulty-answer.ts
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
var slowPiecesPerSecond = 20;
var pieceBytes = 262144;
async function sendReply(response, method, reply, fault) {
  if (fault?.kind === "late") await sleep(fault.milliseconds, void 0, { ref: false });
  if (fault?.kind === "drop") {
    response.destroy();
    return 0;
  }
  const content = alter(reply.body ?? contentOf(new Uint8Array(0)), fault);
  const hasLength = reply.status !== 204 && fault?.kind !== "unannounced";
  const headers = { ...reply.headers, ...hasLength ? { "content-length": String(content.size) } : {} };
  if (fault?.kind === "unannounced") response.useChunkedEncodingByDefault = false;
  response.writeHead(reply.status, headers);
  if (method === "HEAD" || content.size === 0) {
    response.end();
    return 0;
  }
  const sentBytes = await sendBody(response, content, fault);
  if (fault?.kind === "reset") response.socket?.resetAndDestroy();
  else if (fault?.kind === "truncate" || fault?.kind === "unannounced") response.socket?.end();
  else if (fault?.kind !== "stall") response.end();
  else if (!response.destroyed) await once(response, "close");
  return sentBytes;
}
async function sendBody(response, content, fault) {
  const limit = fault !== void 0 && "afterBytes" in fault ? fault.afterBytes : content.size;
  const slowBytes = fault?.kind === "slow" ? Math.max(Math.floor(fault.bytesPerSecond / slowPiecesPerSecond), 1) : void 0;
  const closed = once(response, "close");
  let sentBytes = 0;
  while (sentBytes < Math.min(limit, content.size)) {
    const end = Math.min(sentBytes + (slowBytes ?? pieceBytes), limit, content.size);
    for (const piece of content.read(sentBytes, end)) {
      if (response.destroyed) return sentBytes;
      if (!response.write(piece)) await Promise.race([once(response, "drain"), closed]);
      sentBytes += piece.length;
    }
    if (slowBytes !== void 0) await sleep(1e3 / slowPiecesPerSecond, void 0, { ref: false });
  }
  return sentBytes;
}
function alter(content, fault) {
  if (fault?.kind === "corrupt") {
    return {
      size: content.size,
      *read(start, end) {
        let position = start;
        for (const piece of content.read(start, end)) {
          const altered = Uint8Array.from(piece);
          const index = fault.atByte - position;
          if (index >= 0 && index < altered.length) altered[index] = (altered[index] ?? 0) ^ 255;
          position += piece.length;
          yield altered;
        }
      }
    };
  }
  if (fault?.kind === "resize") {
    const size = Math.max(content.size + fault.byBytes, 0);
    return {
      size,
      *read(start, end) {
        if (start < content.size) yield* content.read(start, Math.min(end, content.size));
        if (end > content.size) yield new Uint8Array(end - Math.max(start, content.size));
      }
    };
  }
  return content;
}

// lambda-src/local-registry/repository.ts
var Repository = class {
  blobs = /* @__PURE__ */ new Map();
  manifests = /* @__PURE__ */ new Map();
  /** Tags and the digests they point to. */
  tags = /* @__PURE__ */ new Map();
  uploads = /* @__PURE__ */ new Map();
  /** The digest that a tag or digest leads to, where there is a manifest. */
  find(reference) {
    const digest = this.tags.get(reference) ?? reference;
    return this.manifests.has(digest) ? digest : void 0;
  }
};
function parseManifestDocument(bytes) {
  let json;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return void 0;
  }
  if (!isObject(json) || json["schemaVersion"] !== 2) return void 0;
  return {
    mediaType: textOf2(json["mediaType"]),
    artifactType: textOf2(json["artifactType"]),
    config: referenceOf(json["config"]),
    layers: referencesOf(json["layers"]),
    manifests: referencesOf(json["manifests"]),
    subject: referenceOf(json["subject"]),
    annotations: json["annotations"]
  };
}
function referencesOf(json) {
  const list = Array.isArray(json) ? json : [];
  return list.map(referenceOf).filter((reference) => reference !== void 0);
}
function referenceOf(json) {
  if (!isObject(json)) return void 0;
  const { mediaType, digest } = json;
  return typeof digest === "string" ? { mediaType: textOf2(mediaType) ?? "", digest } : void 0;
}
function textOf2(json) {
  return typeof json === "string" && json !== "" ? json : void 0;
}
function isObject(json) {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

// lambda-src/local-registry/manifest-handlers.ts
var indexType = "application/vnd.oci.image.index.v1+json";
var tagPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
var maxManifestBytes = 4194304;
function readManifest(request, repository2, reference) {
  const digest = repository2.find(reference);
  const manifest = digest === void 0 ? void 0 : repository2.manifests.get(digest);
  if (digest === void 0 || manifest === void 0) {
    return replyWithError(404, "MANIFEST_UNKNOWN", `manifest ${reference} is unknown`);
  }
  const accept = request.headers.accept;
  if (accept !== void 0 && !accept.includes("*/*") && !accept.includes(manifest.mediaType)) {
    return replyWithError(404, "MANIFEST_UNKNOWN", `${manifest.mediaType} is not accepted`);
  }
  const headers = { "content-type": manifest.mediaType, "docker-content-digest": digest };
  return { status: 200, headers, body: contentOf(manifest.bytes) };
}
function putManifest(request, name, repository2, reference, rules) {
  const bytes = request.body;
  if (bytes.length > maxManifestBytes) {
    return replyWithError(413, "MANIFEST_INVALID", `more than ${maxManifestBytes} bytes`);
  }
  const isTag2 = tagPattern.test(reference);
  const digest = computeDigest(algorithmOf(reference) ?? "sha256", bytes);
  if (!isTag2 && digest !== reference) {
    return replyWithError(400, "DIGEST_INVALID", `the manifest's digest is ${digest}`);
  }
  const document = parseManifestDocument(bytes);
  const mediaType = request.headers["content-type"]?.split(";")[0]?.trim() ?? document?.mediaType ?? "";
  if (document === void 0 || (document.mediaType ?? mediaType) !== mediaType) {
    return replyWithError(400, "MANIFEST_INVALID", "no manifest, or not of the type that the request says");
  }
  const missing = findMissing(repository2, document);
  if (missing !== void 0) {
    return replyWithError(400, "MANIFEST_BLOB_UNKNOWN", `${missing} is unknown to the repository`);
  }
  if (isTag2) {
    if (rules.immutableTags && repository2.tags.has(reference)) {
      return replyWithError(
        400,
        "TAG_INVALID",
        `The image tag '${reference}' already exists in the '${name}' repository and cannot be overwritten because the repository is immutable.`
      );
    }
    repository2.tags.set(reference, digest);
  }
  repository2.manifests.set(digest, { mediaType, bytes, document });
  const subject = rules.referrersApi ? document.subject?.digest : void 0;
  return {
    status: 201,
    headers: {
      location: `/v2/${name}/manifests/${digest}`,
      "docker-content-digest": digest,
      ...subject === void 0 ? {} : { "oci-subject": subject }
    }
  };
}
function findMissing(repository2, document) {
  const { config, layers, manifests } = document;
  const blobs = [...config === void 0 ? [] : [config], ...layers];
  const missingBlob = blobs.find(
    ({ digest, mediaType }) => !repository2.blobs.has(digest) && !/nondistributable|\.foreign\./.test(mediaType)
  );
  const missingManifest = manifests.find(({ digest }) => !repository2.manifests.has(digest));
  return missingBlob?.digest ?? missingManifest?.digest;
}
function deleteManifest(repository2, reference, rules) {
  if (!rules.deletes) return replyWithError(405, "UNSUPPORTED", "manifests cannot be deleted here");
  if (repository2.tags.delete(reference)) return { status: 202 };
  if (!repository2.manifests.delete(reference)) {
    return replyWithError(404, "MANIFEST_UNKNOWN", `manifest ${reference} is unknown`);
  }
  for (const [tag2, digest] of repository2.tags) if (digest === reference) repository2.tags.delete(tag2);
  return { status: 202 };
}
function listTags(request, name, repository2) {
  const last = request.query.get("last");
  const limit = Number(request.query.get("n") ?? Infinity);
  if (Number.isNaN(limit) || limit < 0) return replyWithError(400, "UNSUPPORTED", "n is not a number");
  const all = [...repository2.tags.keys()].sort().filter((tag2) => last === null || tag2 > last);
  const tags = all.slice(0, limit);
  const lastTag = tags.at(-1);
  const hasMore = tags.length < all.length && lastTag !== void 0;
  const next = `/v2/${name}/tags/list?n=${limit}&last=${lastTag ?? ""}`;
  return replyWithJson(
    200,
    { name, tags },
    { "content-type": "application/json", ...hasMore ? { link: `<${next}>; rel="next"` } : {} }
  );
}
function listReferrers(request, name, repository2, subject, rules) {
  if (!rules.referrersApi) return replyWithError(404, "UNSUPPORTED", "there is no referrers API");
  if (algorithmOf(subject) === void 0) return replyWithError(400, "DIGEST_INVALID", "no digest");
  const filter = request.query.get("artifactType");
  const after = request.query.get("after") ?? "";
  const referrers = [...repository2.manifests].filter(([, { document }]) => document.subject?.digest === subject).map(([digest, { mediaType, bytes, document }]) => ({
    mediaType,
    digest,
    size: bytes.length,
    annotations: document.annotations,
    artifactType: document.artifactType ?? (mediaType === indexType ? void 0 : document.config?.mediaType)
  })).filter(({ artifactType }) => filter === null || artifactType === filter).sort((left, right) => left.digest < right.digest ? -1 : 1);
  const rest = referrers.filter(({ digest }) => digest > after);
  const manifests = rest.slice(0, rules.referrersPageSize);
  const next = new URLSearchParams({ after: manifests.at(-1)?.digest ?? "" });
  if (filter !== null) next.set("artifactType", filter);
  const hasMore = manifests.length < rest.length;
  return replyWithJson(
    200,
    { schemaVersion: 2, mediaType: indexType, manifests },
    {
      "content-type": indexType,
      ...filter === null ? {} : { "oci-filters-applied": "artifactType" },
      ...hasMore ? { link: `</v2/${name}/referrers/${subject}?${next.toString()}>; rel="next"` } : {}
    }
  );
}

// lambda-src/local-registry/local-registry.ts
async function createLocalRegistry(options = {}) {
  const registry = new RegistryServer(options);
  await registry.listen();
  return registry;
}
var repositoryPath = /^\/v2\/([a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*)\/(blobs\/uploads|blobs|manifests|referrers|tags)\/([^/]*)$/;
var RegistryServer = class {
  constructor(options) {
    this.options = options;
    this.#rules = {
      immutableTags: options.immutableTags ?? false,
      referrersApi: options.referrersApi ?? true,
      referrersPageSize: options.referrersPageSize ?? 1e3,
      deletes: options.deletes ?? true
    };
    this.#server = this.#createServer("registry", (request) => this.#answer(request));
    this.#storage = this.#createServer("storage", (request) => this.#answerAsStorage(request));
  }
  options;
  log = [];
  #repositories = /* @__PURE__ */ new Map();
  /** Signatures of redirects that were not yet followed. */
  #signatures = /* @__PURE__ */ new Set();
  #server;
  #storage;
  #rules;
  #access;
  #url = "";
  async listen() {
    for (const server of [this.#server, this.#storage]) {
      server.listen(0, "127.0.0.1");
      await once2(server, "listening");
    }
    this.#url = originOf(this.#server);
    this.#access = new AccessControl(this.options.access, `${originOf(this.#storage)}/token`);
  }
  get url() {
    return this.#url;
  }
  get host() {
    return new URL(this.url).host;
  }
  serveBlob(repository2, digest, content) {
    this.#repository(repository2).blobs.set(digest, "read" in content ? content : contentOf(content));
  }
  expireTokens() {
    this.#access?.expireTokens();
  }
  async close() {
    for (const server of [this.#server, this.#storage]) {
      server.close();
      server.closeAllConnections();
      await once2(server, "close");
    }
  }
  #createServer(origin, answer) {
    return createServer((incoming, response) => {
      response.on("error", () => {
      });
      void this.#serve(origin, incoming, response, answer);
    });
  }
  async #serve(origin, incoming, response, answer) {
    const method = incoming.method ?? "";
    const { pathname: path, searchParams: query } = new URL(incoming.url ?? "/", "http://registry");
    const fault = this.options.faults?.({ method, path });
    let bytes = 0;
    let isAnswered = false;
    try {
      const reply = await this.#reply(incoming, { method, path, query }, fault, answer);
      if (reply !== void 0) {
        isAnswered = fault?.kind !== "drop";
        if (isAnswered) response.once("close", () => incoming.resume());
        bytes = await sendReply(response, method, reply, fault);
      }
    } finally {
      this.log.push({
        origin,
        method,
        path,
        range: incoming.headers.range,
        authorization: incoming.headers.authorization?.split(" ")[0]?.toLowerCase(),
        status: isAnswered ? response.statusCode : void 0,
        bytes
      });
    }
  }
  /** Reads the request and has it answered; undefined where the connection ended before that. */
  async #reply(incoming, target, fault, answer) {
    if (fault?.kind === "status") {
      incoming.resume();
      return this.#faultyReply(fault, target.path);
    }
    const maxBytes = fault?.kind === "reset-request" ? fault.afterBytes : Infinity;
    const body = await readRequestBody(incoming, maxBytes);
    if (body === void 0) return void 0;
    const headers = { ...incoming.headers };
    if (fault?.kind === "ignore-range") delete headers.range;
    return answer({ ...target, headers, body });
  }
  #faultyReply(fault, path) {
    const access2 = this.options.access === void 0 ? void 0 : this.#access;
    if (fault.status === 401 && access2 !== void 0) {
      return access2.challenge(`repository:${repositoryPath.exec(path)?.[1] ?? ""}:pull`);
    }
    const body = contentOf(new TextEncoder().encode(fault.body ?? ""));
    return { status: fault.status, headers: fault.headers ?? {}, body };
  }
  #answer(request) {
    const { method, path } = request;
    if (path === "/v2/") {
      return this.#access?.refuse(request.headers.authorization, "", true) ?? { status: 200 };
    }
    const [, name, kind, last] = repositoryPath.exec(path) ?? [];
    if (name === void 0 || last === void 0)
      return replyWithError(404, "NAME_UNKNOWN", "no such address");
    const isRead = method === "GET" || method === "HEAD";
    const refusal = this.#access?.refuse(request.headers.authorization, name, isRead);
    if (refusal !== void 0) return refusal;
    const repository2 = this.#repository(name);
    switch (`${isRead && kind !== "blobs/uploads" ? "READ" : method} ${kind ?? ""}`) {
      case "READ manifests":
        return readManifest(request, repository2, last);
      case "PUT manifests":
        return putManifest(request, name, repository2, last, this.#rules);
      case "DELETE manifests":
        return deleteManifest(repository2, last, this.#rules);
      case "READ blobs":
        return this.#readBlob(request, name, repository2, last);
      case "DELETE blobs":
        return deleteBlob(repository2, last);
      case "READ referrers":
        return listReferrers(request, name, repository2, last, this.#rules);
      case "READ tags":
        return listTags(request, name, repository2);
      case "POST blobs/uploads":
        return openUpload(request, name, repository2, this.#repositories);
      case "GET blobs/uploads":
      case "PATCH blobs/uploads":
      case "PUT blobs/uploads":
      case "DELETE blobs/uploads":
        return continueUpload(request, name, repository2, last);
      default:
        return replyWithError(405, "UNSUPPORTED", `${method} is not done here`);
    }
  }
  #readBlob(request, name, repository2, digest) {
    if (algorithmOf(digest) === void 0) return replyWithError(400, "DIGEST_INVALID", "no digest");
    const isRedirected = this.options.redirectBlobs === true && request.method === "GET";
    if (!isRedirected || !repository2.blobs.has(digest)) return readBlob(request, repository2, digest);
    const signature = randomUUID3();
    this.#signatures.add(signature);
    const location = `${originOf(this.#storage)}/${name}/${digest}?X-Amz-Signature=${signature}`;
    return { status: 307, headers: { location } };
  }
  /** The second origin: what S3 is to ECR, and a token service. */
  #answerAsStorage(request) {
    if (request.path === "/token") {
      const parameters = request.method === "POST" ? new URLSearchParams(Buffer.from(request.body).toString()) : request.query;
      return this.#access?.issueToken(request.headers.authorization, parameters) ?? { status: 404 };
    }
    if (request.headers.authorization !== void 0) return { status: 400 };
    if (!this.#signatures.delete(request.query.get("X-Amz-Signature") ?? "")) return { status: 403 };
    const [, name = "", digest = ""] = /^\/(.+)\/([^/]+)$/.exec(request.path) ?? [];
    const blob = this.#repositories.get(name)?.blobs.get(digest);
    return blob === void 0 ? { status: 404 } : replyWithRange(request, blob, {});
  }
  #repository(name) {
    const repository2 = this.#repositories.get(name) ?? new Repository();
    this.#repositories.set(name, repository2);
    return repository2;
  }
};
function originOf(server) {
  return `http://127.0.0.1:${server.address().port}`;
}
async function readRequestBody(incoming, maxBytes) {
  const { socket } = incoming;
  const pieces = [];
  let byteCount = 0;
  try {
    for await (const piece of incoming) {
      pieces.push(piece);
      byteCount += piece.length;
      if (byteCount >= maxBytes) socket.resetAndDestroy();
    }
  } catch {
    return void 0;
  }
  return byteCount >= maxBytes ? void 0 : Buffer.concat(pieces);
}

// lambda-src/content/manifest-media-type.ts
function declaredMediaType(bytes) {
  const mediaType = findMember(bytes, "mediaType");
  return typeof mediaType === "string" && mediaType !== "" ? mediaType : void 0;
}
function apparentMediaType(bytes) {
  return findMember(bytes, "manifests") === void 0 ? ociManifestType : ociIndexType;
}
function findMember(bytes, name) {
  const document = parseJson(bytes);
  if (!(document instanceof JsonObject)) return void 0;
  return document.members.find(([key]) => key === name)?.[1];
}

// lambda-src/content/referrer.ts
function readLinks({ mediaType, digest, bytes }) {
  const isIndex = isIndexType(mediaType);
  const document = isIndex ? parseIndex(bytes) : parseManifest(bytes);
  const ownType = document.artifactType;
  const artifactType = "config" in document ? ownType ?? document.config.mediaType : ownType;
  const { annotations } = document;
  return {
    subject: document.subject,
    entries: "manifests" in document ? document.manifests : [],
    referrer: dropUndefined({ mediaType, digest, size: bytes.length, annotations, artifactType })
  };
}
function filterReferrers(referrers, artifactType) {
  return artifactType === void 0 ? referrers : referrers.filter((referrer) => referrer.artifactType === artifactType);
}

// lambda-src/content/verified-content.ts
import { createHash as createHash5 } from "node:crypto";
async function* verifyContent(target, content) {
  const hash = createHash5("sha256");
  let byteCount = 0;
  let heldBack;
  for await (const piece of content) {
    if (piece.length === 0) continue;
    byteCount += piece.length;
    if (byteCount > target.size)
      throw sizeMismatch(target, `more than the ${target.size} bytes of its descriptor`);
    hash.update(piece);
    if (heldBack !== void 0) yield heldBack;
    heldBack = piece;
  }
  if (byteCount < target.size) {
    throw sizeMismatch(target, `ends after ${byteCount} of the ${target.size} bytes of its descriptor`);
  }
  const digest = `sha256:${hash.digest("hex")}`;
  if (digest !== target.digest) throw digestMismatch(target, digest);
  if (heldBack !== void 0) yield heldBack;
}
function assertContent(target, content) {
  if (content.length !== target.size) {
    throw sizeMismatch(target, `has ${content.length} bytes where its descriptor says ${target.size}`);
  }
  const digest = digestOf(content);
  if (digest !== target.digest) throw digestMismatch(target, digest);
}
function sizeMismatch(target, problem) {
  return new ContentMismatchError(target.digest, problem);
}
function digestMismatch(target, digest) {
  return new ContentMismatchError(target.digest, `its bytes have the digest ${digest}`);
}

// lambda-src/registry/registry-error.ts
var RegistryError = class extends Error {
  /** @param attempt Which try this was, from 1. */
  constructor(failure, attempt) {
    const { method, url, status, problem } = failure;
    const answer = status === void 0 ? problem : `status ${status}, ${problem}`;
    super(`${method} ${url.origin}${url.pathname}: ${answer} (attempt ${attempt})`, { cause: failure.cause });
    this.failure = failure;
    this.attempt = attempt;
  }
  failure;
  attempt;
  name = "RegistryError";
  get method() {
    return this.failure.method;
  }
  get path() {
    return this.failure.url.pathname;
  }
  get status() {
    return this.failure.status;
  }
  get code() {
    return this.failure.code;
  }
  get transient() {
    return this.failure.transient;
  }
};
var maxShownCharacters = 300;
function cleanText(text2) {
  const oneLine = text2.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
  return oneLine.length <= maxShownCharacters ? oneLine : `${oneLine.slice(0, maxShownCharacters)}…`;
}

// lambda-src/registry/retry.ts
import { setTimeout as sleep2 } from "node:timers/promises";
var defaultRetryPolicy = {
  maxAttempts: 6,
  baseDelayMilliseconds: 300,
  maxDelayMilliseconds: 2e4,
  maxRetryAfterMilliseconds: 6e4
};
var transientStatuses = /* @__PURE__ */ new Set([408, 425, 429]);
var permanentServerStatuses = /* @__PURE__ */ new Set([501, 505]);
function isTransientStatus(status, source) {
  if (transientStatuses.has(status)) return true;
  if (status >= 500) return !permanentServerStatuses.has(status);
  if (source === "redirect") return status === 400 || status === 403;
  if (source === "upload") return status === 404 || status === 416;
  return false;
}
var transientSocketCodes = /* @__PURE__ */ new Set([
  "EAI_AGAIN",
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EPIPE",
  "ERR_STREAM_PREMATURE_CLOSE",
  "ETIMEDOUT"
]);
function isTransientSocketError(error) {
  const code2 = socketErrorCode(error);
  return code2 !== void 0 && transientSocketCodes.has(code2);
}
function socketErrorCode(error) {
  if (typeof error !== "object" || error === null) return void 0;
  if ("code" in error && typeof error.code === "string") return error.code;
  if ("errors" in error && Array.isArray(error.errors)) return socketErrorCode(error.errors[0]);
  return void 0;
}
function retryDelayMilliseconds(policy, attempt, retryAfterMilliseconds, random) {
  const ceiling = Math.min(policy.maxDelayMilliseconds, policy.baseDelayMilliseconds * 2 ** (attempt - 1));
  return (retryAfterMilliseconds ?? 0) + random * ceiling;
}
function parseRetryAfter(header, nowMilliseconds) {
  if (header === void 0) return void 0;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1e3;
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(header)) return void 0;
  const date = Date.parse(header);
  return Number.isNaN(date) ? void 0 : Math.max(0, date - nowMilliseconds);
}
async function waitForNextAttempt(policy, error, attempt, signal) {
  if (!(error instanceof RegistryError) || !error.transient) throw error;
  const { retryAfterMilliseconds } = error.failure;
  if (attempt >= policy.maxAttempts || (retryAfterMilliseconds ?? 0) > policy.maxRetryAfterMilliseconds)
    throw error;
  const delay = retryDelayMilliseconds(policy, attempt, retryAfterMilliseconds, Math.random());
  try {
    await sleep2(delay, void 0, signal === void 0 ? {} : { signal });
  } catch (interruption) {
    signal?.throwIfAborted();
    throw interruption;
  }
}
async function withRetries(policy, signal, operation) {
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await operation(attempt);
    } catch (error) {
      await waitForNextAttempt(policy, error, attempt, signal);
    }
  }
}

// lambda-src/registry/blob-download.ts
var progressBytes = 1048576;
function downloadBlob(client, url, target, signal) {
  return verifyContent(target, receiveBlob(client, url, target, signal));
}
async function* receiveBlob(client, url, target, signal) {
  let deliveredBytes = 0;
  let attempt = 1;
  let bytesAtFirstAttempt = 0;
  for (; ; ) {
    signal?.throwIfAborted();
    const headers = deliveredBytes === 0 ? {} : { range: `bytes=${deliveredBytes}-` };
    const request = {
      method: "GET",
      url,
      access: "pull",
      headers,
      accepted: [200, 206],
      signal
    };
    try {
      const answer = await client.exchange(request, attempt);
      let position = firstByte(answer, target, deliveredBytes);
      for await (const piece of answer.body) {
        const fresh = piece.subarray(Math.min(Math.max(deliveredBytes - position, 0), piece.length));
        position += piece.length;
        if (fresh.length === 0) continue;
        deliveredBytes += fresh.length;
        yield fresh;
      }
      const isCut = deliveredBytes < target.size && answer.headers["content-length"] === void 0;
      if (!isCut) return;
      throw brokenOff(request, attempt);
    } catch (error) {
      if (deliveredBytes === target.size && deliveredBytes > 0) return;
      const progress = deliveredBytes === 0 ? "" : `broke off at byte ${deliveredBytes} of ${target.size}: `;
      const failure = client.toRegistryError(error, request, attempt, progress);
      if (deliveredBytes - bytesAtFirstAttempt >= progressBytes) {
        attempt = 1;
        bytesAtFirstAttempt = deliveredBytes;
      }
      await waitForNextAttempt(client.retryPolicy, explain(failure, target, deliveredBytes), attempt, signal);
      attempt++;
    }
  }
}
function firstByte(answer, target, wantedByte) {
  if (answer.status === 200) {
    const length = answer.headers["content-length"];
    if (length === void 0 || Number(length) === target.size) return 0;
    answer.discard();
    throw new ContentMismatchError(
      target.digest,
      `the registry has ${length} bytes of it, not ${target.size}`
    );
  }
  const [, first, size] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(answer.headers["content-range"] ?? "") ?? [];
  if (size !== void 0 && size !== "*" && Number(size) !== target.size) {
    answer.discard();
    throw new ContentMismatchError(target.digest, `the registry has ${size} bytes of it, not ${target.size}`);
  }
  if (first === void 0 || Number(first) > wantedByte) {
    answer.discard();
    throw new ContentMismatchError(target.digest, `the registry does not go on at byte ${wantedByte}`);
  }
  return Number(first);
}
function brokenOff(request, attempt) {
  const problem = "the answer ended early";
  return new RegistryError({ method: request.method, url: request.url, problem, transient: true }, attempt);
}
function explain(failure, target, deliveredBytes) {
  if (!(failure instanceof RegistryError)) return failure;
  if (failure.status === 404) {
    return new NotFoundError(`${failure.message}: there is no blob ${target.digest}`, { cause: failure });
  }
  if (failure.status === 416) {
    return new ContentMismatchError(target.digest, `ends after ${deliveredBytes} of ${target.size} bytes`);
  }
  return failure;
}

// lambda-src/registry/network-address.ts
import { lookup as lookUpHost } from "node:dns";
import { BlockList, isIP } from "node:net";
var localAddresses = new BlockList();
localAddresses.addSubnet("0.0.0.0", 8);
localAddresses.addSubnet("127.0.0.0", 8);
localAddresses.addSubnet("169.254.0.0", 16);
localAddresses.addAddress("100.100.100.200");
localAddresses.addAddress("::", "ipv6");
localAddresses.addAddress("::1", "ipv6");
localAddresses.addSubnet("fe80::", 10, "ipv6");
localAddresses.addSubnet("fd00:ec2::", 32, "ipv6");
var loopbackAddresses = new BlockList();
loopbackAddresses.addSubnet("127.0.0.0", 8);
loopbackAddresses.addAddress("::1", "ipv6");
function isLoopbackHost(hostname) {
  const host = withoutBrackets(hostname);
  if (isIP(host) === 0) return isLocalhostName(host);
  return loopbackAddresses.check(host, isIP(host) === 6 ? "ipv6" : "ipv4");
}
function isLocalHost(hostname) {
  const host = withoutBrackets(hostname);
  return isIP(host) === 0 ? isLocalhostName(host) : isLocalAddress(host);
}
var lookUpRemoteHost = (hostname, options, callback) => {
  lookUpHost(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) {
      callback(error, []);
      return;
    }
    if (addresses.some(({ address: address2 }) => isLocalAddress(address2))) {
      const refusal = new Error(`${hostname} leads to an address of this machine or its network link`);
      callback(Object.assign(refusal, { code: "ERR_LOCAL_ADDRESS" }), []);
      return;
    }
    if (options.all === true) {
      callback(null, addresses);
      return;
    }
    const { address, family } = addresses[0];
    callback(null, address, family);
  });
};
function isLocalhostName(host) {
  const name = host.endsWith(".") ? host.slice(0, -1) : host;
  return name === "localhost" || name.endsWith(".localhost");
}
function isLocalAddress(address) {
  return localAddresses.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}
function withoutBrackets(hostname) {
  return hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
}

// lambda-src/registry/redirect.ts
var maxRedirects = 5;
function parseLocation(location, base) {
  if (location === void 0 || !URL.canParse(location, base.href)) return void 0;
  const target = new URL(location, base.href);
  target.username = "";
  target.password = "";
  target.hash = "";
  return target;
}
function refusalOf(registry, target) {
  if (target.origin === registry.origin && target.origin !== "null") return void 0;
  if (target.protocol !== "https:" && target.protocol !== "http:")
    return `to an address of ${target.protocol}`;
  if (isRemote(registry) && isLocalHost(target.hostname)) {
    return "to an address of this machine or its network link";
  }
  if (registry.protocol === "https:" && target.protocol === "http:") return "from HTTPS to plain HTTP";
  return void 0;
}
function isRemote(registry) {
  return !isLoopbackHost(registry.hostname);
}

// lambda-src/core/oci/reference.ts
var tagPattern2 = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
var registryPattern = /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?$/;
var repositoryPattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
var maximumRepositoryCharacters = 256;
var maximumRegistryCharacters = 255;
var maximumPort = 65535;
function isTag(text2) {
  return tagPattern2.test(text2);
}
function isRepository(text2) {
  return text2.length <= maximumRepositoryCharacters && repositoryPattern.test(text2);
}
function parseReference(text2) {
  return text2.startsWith("oci:") ? parseLayoutReference(text2) : parseRegistryReference(text2);
}
function formatReference(reference) {
  const name = reference.kind === "layout" ? `oci:${reference.directory}` : `${reference.registry}/${reference.repository}`;
  const tag2 = reference.tag === void 0 ? "" : `:${reference.tag}`;
  const digest = reference.digest === void 0 ? "" : `@${reference.digest}`;
  return `${name}${tag2}${digest}`;
}
function parseRegistryReference(text2) {
  const scheme2 = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text2)?.[0];
  if (scheme2 !== void 0) refuse(text2, `write it without ${scheme2}`);
  const { name: nameAndTag, digest } = cutDigest(text2, text2);
  const slash3 = nameAndTag.indexOf("/");
  const registry = nameAndTag.slice(0, Math.max(slash3, 0));
  if (!/[.:]/.test(registry) && registry !== "localhost") {
    refuse(
      text2,
      "expected REGISTRY/REPO, where the registry is a host name such as docker.io or localhost:5000"
    );
  }
  if (!isRegistry(registry)) {
    refuse(text2, `${quoteText(registry)} is no host name with an optional port`);
  }
  const path = nameAndTag.slice(slash3 + 1);
  const colon2 = path.indexOf(":");
  const repository2 = colon2 < 0 ? path : path.slice(0, colon2);
  if (!isRepository(repository2)) {
    refuse(
      text2,
      `${quoteText(repository2)} is no repository name: lower-case letters and digits, separated by single . _ - or /, at most ${maximumRepositoryCharacters} characters`
    );
  }
  const tag2 = colon2 < 0 ? void 0 : checkTag(path.slice(colon2 + 1), text2);
  const latest = tag2 === void 0 && digest === void 0 ? "latest" : void 0;
  return dropUndefined({ kind: "registry", registry, repository: repository2, tag: tag2 ?? latest, digest });
}
function isRegistry(text2) {
  const match = text2.length <= maximumRegistryCharacters ? registryPattern.exec(text2) : null;
  if (match === null) return false;
  const port = match[1];
  return port === void 0 || Number(port) >= 1 && Number(port) <= maximumPort;
}
function parseLayoutReference(text2) {
  const { name, digest } = cutDigest(text2.slice("oci:".length), text2);
  const colon2 = name.lastIndexOf(":");
  const hasTag = colon2 >= 0 && !name.includes("/", colon2);
  const directory2 = hasTag ? name.slice(0, colon2) : name;
  const tag2 = hasTag ? checkTag(name.slice(colon2 + 1), text2) : void 0;
  if (directory2 === "" || directory2.includes("\0")) {
    refuse(text2, "expected oci:DIR, the path of an OCI image layout directory");
  }
  return dropUndefined({ kind: "layout", directory: directory2, tag: tag2, digest });
}
function cutDigest(name, text2) {
  const at = name.lastIndexOf("@");
  const digest = name.slice(at + 1);
  if (at >= 0 && isDigest(digest)) return { name: name.slice(0, at), digest };
  if (at >= 0 && (digest.startsWith("sha256:") || !text2.startsWith("oci:"))) {
    refuse(text2, `after @ expected sha256: and 64 hexadecimal digits, got ${quoteText(digest)}`);
  }
  return { name, digest: void 0 };
}
function checkTag(tag2, text2) {
  if (!isTag(tag2)) {
    refuse(
      text2,
      `${quoteText(tag2)} is no tag: 1 to 128 letters, digits, _ . and -, the first neither . nor -`
    );
  }
  return tag2;
}
function refuse(text2, problem) {
  throw new ConfigError([`image ${quoteText(text2)}: ${problem}`]);
}

// lambda-src/registry/repository-urls.ts
var dockerHubName = "docker.io";
var dockerHubHost = "registry-1.docker.io";
function registryOrigin(registry, plainHttp = false) {
  const host = registry === dockerHubName ? dockerHubHost : registry;
  if (!/^[A-Za-z0-9.:[\]-]+$/.test(host) || !URL.canParse(`https://${host}`)) {
    throw new ConfigError([`${quoteText(registry)} is no host name with an optional port`]);
  }
  const origin = new URL(`https://${host}`);
  return plainHttp || isLoopbackHost(origin.hostname) ? new URL(`http://${host}`) : origin;
}
var RepositoryUrls = class {
  /** @throws ConfigError if `repository` cannot be a repository's name. */
  constructor(origin, repository2) {
    this.origin = origin;
    if (!isRepository(repository2)) throw new ConfigError([`${quoteText(repository2)} is no repository name`]);
    this.#base = `${origin.origin}/v2/${repository2}`;
  }
  origin;
  #base;
  /** @throws ConfigError if `reference` is neither a tag nor a digest. */
  manifest(reference) {
    if (!isTag(reference) && !isDigest(reference)) {
      throw new ConfigError([`${quoteText(reference)} is neither a tag nor a sha256 digest`]);
    }
    return new URL(`${this.#base}/manifests/${reference}`);
  }
  blob(digest) {
    return new URL(`${this.#base}/blobs/${checked(digest)}`);
  }
  newUpload() {
    return new URL(`${this.#base}/blobs/uploads/`);
  }
  referrers(subject, artifactType) {
    const url = new URL(`${this.#base}/referrers/${checked(subject)}`);
    if (artifactType !== void 0) url.searchParams.set("artifactType", artifactType);
    return url;
  }
};
function uploadEnd(session, digest) {
  const end = new URL(session);
  end.hash = "";
  end.search = `${session.search === "" ? "?" : `${session.search}&`}digest=${encodeURIComponent(digest)}`;
  return end;
}
function fallbackTag(subject) {
  return checked(subject).replace(":", "-");
}
function checked(digest) {
  if (!isDigest(digest)) throw new ConfigError([`${quoteText(digest)} is no sha256 digest`]);
  return digest;
}

// lambda-src/registry/blob-upload.ts
async function uploadBlob(client, urls, target, content, signal) {
  await withRetries(client.retryPolicy, signal, async (attempt) => {
    const url = urls.blob(target.digest);
    const found = await client.exchange(
      { method: "HEAD", url, access: "push", accepted: [200, 404], signal },
      attempt
    );
    found.discard();
    if (found.status === 200) return;
    const session = await openSession(client, urls, signal, attempt);
    const finish = {
      method: "PUT",
      url: uploadEnd(session, target.digest),
      access: "push",
      headers: { "content-type": "application/octet-stream" },
      body: content,
      accepted: [201],
      isUpload: true,
      signal
    };
    const finished = await client.exchange(finish, attempt);
    finished.discard();
  });
}
async function openSession(client, urls, signal, attempt) {
  const request = {
    method: "POST",
    url: urls.newUpload(),
    access: "push",
    accepted: [202],
    signal
  };
  const answer = await client.exchange(request, attempt);
  answer.discard();
  const session = parseLocation(answer.headers.location, answer.url);
  const refusal = session === void 0 ? "to no address" : refusalOf(client.origin, session);
  if (session === void 0 || refusal !== void 0) {
    const problem = `the registry sends the upload ${refusal ?? ""}`;
    const { method, url } = request;
    throw new RegistryError({ method, url, status: answer.status, problem, transient: false }, attempt);
  }
  return session;
}

// lambda-src/registry/transport.ts
import http from "node:http";
import https from "node:https";
var defaultTimeouts = {
  connectMilliseconds: 1e4,
  stallMilliseconds: 3e4,
  answerMilliseconds: 6e4
};
var uploadPieceBytes = 262144;
var maxDiscardedBytes = 65536;
var discardMilliseconds = 5e3;
var Transport = class {
  constructor(timeouts) {
    this.timeouts = timeouts;
  }
  timeouts;
  #httpAgent = new http.Agent({ keepAlive: true });
  #httpsAgent = new https.Agent({ keepAlive: true });
  /**
   * Sends one request. Redirects are not followed.
   *
   * @throws What the socket throws; an error with code ETIMEDOUT after a time-out; the signal's reason when aborted.
   */
  send(request) {
    const { url, signal } = request;
    const isSecure = url.protocol === "https:";
    const { connectMilliseconds, stallMilliseconds, answerMilliseconds } = this.timeouts;
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const outgoing = (isSecure ? https : http).request({
        agent: isSecure ? this.#httpsAgent : this.#httpAgent,
        method: request.method,
        // Field by field: a URL's user name and password would become an Authorization header.
        protocol: url.protocol,
        hostname: withoutBrackets(url.hostname),
        port: url.port,
        path: `${url.pathname}${url.search}`,
        headers: { ...request.headers, ...lengthHeader(request) },
        ...request.remoteOnly ? { lookup: lookUpRemoteHost } : {},
        ...signal === void 0 ? {} : { signal }
      });
      const patience = new Patience((reason) => outgoing.destroy(timeoutError(reason)));
      outgoing.once("socket", (socket) => {
        if (!socket.connecting) return;
        patience.start(connectMilliseconds, "no connection");
        socket.once(isSecure ? "secureConnect" : "connect", () => {
          patience.start(answerMilliseconds, "no answer");
        });
      });
      outgoing.once("response", (incoming) => {
        patience.stop();
        resolve(readResponse(outgoing, incoming, stallMilliseconds, signal));
      });
      outgoing.on("error", (error) => {
        patience.stop();
        reject(abortReason(signal) ?? error);
      });
      patience.start(answerMilliseconds, "no answer");
      writeBody(outgoing, request.body ?? new Uint8Array(0), (isDone) => {
        if (isDone) patience.start(answerMilliseconds, "no answer");
        else patience.start(stallMilliseconds, "no byte could be sent");
      });
    });
  }
};
async function readBody(response, maxBytes) {
  const pieces = [];
  let byteCount = 0;
  for await (const piece of response.body) {
    byteCount += piece.length;
    if (byteCount > maxBytes) return void 0;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
var Patience = class {
  constructor(giveUp) {
    this.giveUp = giveUp;
  }
  giveUp;
  #timer;
  start(milliseconds, reason) {
    this.stop();
    this.#timer = setTimeout(() => {
      this.giveUp(`${reason} within ${milliseconds / 1e3} seconds`);
    }, milliseconds);
  }
  stop() {
    clearTimeout(this.#timer);
  }
};
function lengthHeader(request) {
  if (request.method === "GET" || request.method === "HEAD") return {};
  return { "content-length": String(request.body?.length ?? 0) };
}
function writeBody(outgoing, body, onProgress) {
  let isAnswered = false;
  outgoing.once("response", () => {
    isAnswered = true;
  });
  const writeFrom = (start) => {
    const end = start + uploadPieceBytes;
    if (end >= body.length) {
      outgoing.end(body.subarray(start), () => {
        if (!isAnswered && !outgoing.destroyed) onProgress(true);
      });
      return;
    }
    outgoing.write(body.subarray(start, end), (error) => {
      if (error || isAnswered || outgoing.destroyed) return;
      onProgress(false);
      writeFrom(end);
    });
  };
  writeFrom(0);
}
function readResponse(outgoing, incoming, stallMilliseconds, signal) {
  incoming.on("error", () => {
  });
  return {
    status: incoming.statusCode ?? 0,
    headers: incoming.headers,
    body: receive(outgoing, incoming, stallMilliseconds, signal),
    discard() {
      discard(outgoing, incoming);
    }
  };
}
async function* receive(outgoing, incoming, stallMilliseconds, signal) {
  let isWaiting = true;
  const timer = setTimeout(() => {
    if (isWaiting) incoming.destroy(timeoutError(`no byte came within ${stallMilliseconds / 1e3} seconds`));
  }, stallMilliseconds);
  try {
    for await (const piece of incoming) {
      isWaiting = false;
      yield piece;
      isWaiting = true;
      timer.refresh();
    }
  } catch (error) {
    throw abortReason(signal) ?? error;
  } finally {
    clearTimeout(timer);
    if (!outgoing.writableFinished) outgoing.destroy();
  }
}
function discard(outgoing, incoming) {
  let byteCount = 0;
  const timer = setTimeout(() => outgoing.destroy(), discardMilliseconds);
  timer.unref();
  incoming.once("close", () => {
    clearTimeout(timer);
  });
  if (!outgoing.writableFinished) {
    outgoing.destroy();
    return;
  }
  incoming.on("data", (piece) => {
    byteCount += piece.length;
    if (byteCount > maxDiscardedBytes) outgoing.destroy();
  });
}
function timeoutError(message) {
  return Object.assign(new Error(message), { code: "ETIMEDOUT" });
}
function abortReason(signal) {
  return signal?.aborted === true ? signal.reason : void 0;
}

// lambda-src/registry/referrers.ts
var maxPages = 100;
var maxFallbackWrites = 5;
async function listByApi(client, urls, subject, artifactType, signal) {
  const referrers = /* @__PURE__ */ new Map();
  let url = urls.referrers(subject, artifactType);
  for (let page = 1; url !== void 0; page++) {
    if (page > maxPages) {
      throw new RegistryError(
        { method: "GET", url, problem: `more than ${maxPages} pages of referrers`, transient: false },
        1
      );
    }
    const found = await fetchPage(client, url, signal);
    if (found === void 0) return page === 1 ? void 0 : [...referrers.values()];
    for (const referrer of found.referrers) referrers.set(referrer.digest, referrer);
    url = found.next;
  }
  return [...referrers.values()];
}
async function listByFallbackTag(manifests, subject, signal) {
  const list = await fetchFallbackIndex(manifests, subject, signal);
  if (list === void 0 || !isIndexType(list.mediaType)) return [];
  return parseIndex(list.bytes).manifests;
}
async function addByFallbackTag(manifests, subject, referrer, signal) {
  const tag2 = fallbackTag(subject);
  for (let write = 1; ; write++) {
    const previous = await fetchFallbackIndex(manifests, subject, signal);
    if (previous !== void 0 && !isIndexType(previous.mediaType)) {
      throw new FormatError("manifest", `the tag ${tag2} is kept for an index of referrers, and is no index`);
    }
    const index = previous === void 0 ? { manifests: [] } : parseIndex(previous.bytes);
    if (index.manifests.some(({ digest }) => digest === referrer.digest)) return;
    if (write > maxFallbackWrites) {
      throw new FormatError("manifest", `the index of referrers at the tag ${tag2} is overwritten by others`);
    }
    const next = encodeIndex({ ...index, manifests: [...index.manifests, referrer] });
    await manifests.putManifest(next, tag2, signal);
    if (previous !== void 0) {
      await manifests.deleteManifest(previous.digest, signal).catch(() => {
        signal?.throwIfAborted();
      });
    }
  }
}
async function fetchFallbackIndex(manifests, subject, signal) {
  try {
    return await manifests.fetchManifest(fallbackTag(subject), signal);
  } catch (error) {
    if (error instanceof NotFoundError) return void 0;
    throw error;
  }
}
async function fetchPage(client, url, signal) {
  const headers = { accept: "application/vnd.oci.image.index.v1+json" };
  const accepted = [200, 404, 405];
  return client.send(
    { method: "GET", url, access: "pull", headers, accepted, signal },
    async (answer, attempt) => {
      const mediaType = answer.headers["content-type"]?.split(";")[0]?.trim() ?? "";
      if (answer.status !== 200 || !isIndexType(mediaType)) {
        answer.discard();
        return void 0;
      }
      const bytes = await readBody(answer, maximumManifestBytes);
      if (bytes === void 0) {
        const problem = `a list of referrers of more than ${maximumManifestBytes} bytes`;
        throw new RegistryError({ method: "GET", url, problem, transient: false }, attempt);
      }
      return { referrers: parseIndex(bytes).manifests, next: nextPage(answer) };
    }
  );
}
function nextPage(answer) {
  const link2 = answer.headers["link"];
  const target = /<([^<>]*)>\s*;[^<]*\brel\s*=\s*"?next"?(?![\w-])/i.exec(
    typeof link2 === "string" ? link2 : ""
  )?.[1];
  const next = parseLocation(target, answer.url);
  return next?.origin === answer.url.origin ? next : void 0;
}

// lambda-src/registry/registry-client.ts
import { STATUS_CODES } from "node:http";

// lambda-src/registry/challenge.ts
var separators = /[\s,]*/y;
var parameter = /([!#$%&'*+.^_`|~\w-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+.^_`|~\w-]+))/y;
var scheme = /([!#$%&'*+.^_`|~\w-]+)(?:[ \t]+(?![,=])([A-Za-z0-9._~+/-]+=*)(?=[ \t]*(?:,|$)))?/y;
function parseChallenges(header) {
  const challenges = [];
  let position = 0;
  const take = (pattern) => {
    pattern.lastIndex = position;
    const match = pattern.exec(header);
    if (match !== null) position = pattern.lastIndex;
    return match;
  };
  while (position < header.length) {
    take(separators);
    const current = challenges.at(-1);
    const pair = current === void 0 ? null : take(parameter);
    if (current !== void 0 && pair !== null) {
      const [, name2 = "", quoted, token] = pair;
      const value = quoted?.replace(/\\(.)/g, "$1") ?? token ?? "";
      if (!current.parameters.has(name2.toLowerCase())) current.parameters.set(name2.toLowerCase(), value);
      continue;
    }
    const name = take(scheme)?.[1];
    if (name === void 0) break;
    challenges.push({ scheme: name.toLowerCase(), parameters: /* @__PURE__ */ new Map() });
  }
  return challenges;
}

// lambda-src/registry/authorization.ts
var maxTokenAnswerBytes = 65536;
var defaultTokenSeconds = 60;
var usablePart = 0.9;
var firstAttempt = 1;
var minRedactedCharacters = 6;
var clientId = "soci-index-builder";
var RegistryAuthorization = class {
  constructor(registry, repository2, transport, credentials) {
    this.registry = registry;
    this.transport = transport;
    this.credentials = credentials;
    this.#scopes = /* @__PURE__ */ new Map([
      ["pull", `repository:${repository2}:pull`],
      ["push", `repository:${repository2}:pull,push`]
    ]);
  }
  registry;
  transport;
  credentials;
  /** What the registry last asked for. Before its first refusal nothing is shown to it. */
  #challenge;
  /** The scope that the registry asked for, by what we do. */
  #scopes;
  /** One proof at a time for each access: requests side by side wait for the same token. */
  #proofs = /* @__PURE__ */ new Map();
  /** Everything that must not be seen, for `redact`. */
  #secrets = /* @__PURE__ */ new Set();
  /** The Authorization header to begin with, or undefined where the registry has asked for none. */
  async header(access2) {
    if (this.#challenge === void 0) return void 0;
    const held = await this.#proofs.get(access2);
    if (held !== void 0 && held.expiresAtMilliseconds > Date.now()) return held.header;
    this.#proofs.delete(access2);
    return (await this.#prove(access2)).header;
  }
  /**
   * Another header after the registry has refused `refused`, or undefined where there is no other.
   *
   * @param wwwAuthenticate What the refusal asks for. Absent in a 403, with which ECR answers an expired password.
   */
  async renew(access2, refused, wwwAuthenticate) {
    const challenges = parseChallenges(wwwAuthenticate ?? "");
    const challenge = challenges.find(({ scheme: scheme2 }) => scheme2 === "bearer") ?? challenges.find(({ scheme: scheme2 }) => scheme2 === "basic");
    if (challenge !== void 0) {
      this.#challenge = challenge;
      const scope = challenge.parameters.get("scope") ?? "";
      if (scope !== "" && !covers(this.#scopes.get(access2) ?? "", scope)) this.#scopes.set(access2, scope);
    }
    if (this.#challenge === void 0) return void 0;
    const held = await this.#proofs.get(access2)?.catch(() => void 0);
    if (held === void 0 || held.header === refused) this.#proofs.delete(access2);
    const { header } = await this.#prove(access2);
    return header === refused ? void 0 : header;
  }
  /** The text without any secret that has passed through here. A registry's message may repeat what it was sent. */
  redact(text2) {
    let redacted = text2;
    for (const secret of this.#secrets) {
      if (secret.length >= minRedactedCharacters) redacted = redacted.replaceAll(secret, "[secret]");
    }
    return redacted;
  }
  #prove(access2) {
    const held = this.#proofs.get(access2);
    if (held !== void 0) return held;
    const proof = this.#obtainProof(access2);
    this.#proofs.set(access2, proof);
    proof.catch(() => {
      if (this.#proofs.get(access2) === proof) this.#proofs.delete(access2);
    });
    return proof;
  }
  async #obtainProof(access2) {
    const credentials = await this.credentials(this.registry.host);
    if (this.#challenge?.scheme === "bearer") return this.#requestToken(access2, this.#challenge, credentials);
    const header = credentials?.kind === "password" ? this.#basicHeader(credentials) : void 0;
    return { header, expiresAtMilliseconds: Infinity };
  }
  async #requestToken(access2, challenge, credentials) {
    const realm = parseLocation(challenge.parameters.get("realm"), this.registry);
    if (realm === void 0)
      throw this.#tokenError(this.registry, "asks for a token and names no service for it");
    const refusal = refusalOf(this.registry, realm);
    if (refusal !== void 0) throw this.#tokenError(this.registry, `names a token service ${refusal}`);
    const request = this.#tokenRequest(realm, challenge.parameters.get("service"), access2, credentials);
    const response = await this.transport.send(request);
    const bytes = await readBody(response, maxTokenAnswerBytes);
    if (response.status !== 200) {
      const failure = {
        method: request.method,
        url: realm,
        status: response.status,
        problem: "from the token service",
        transient: isTransientStatus(response.status, "registry"),
        retryAfterMilliseconds: parseRetryAfter(response.headers["retry-after"], Date.now())
      };
      throw new RegistryError(dropUndefined(failure), firstAttempt);
    }
    const token = bytes === void 0 ? void 0 : parseToken(bytes);
    if (token === void 0) throw this.#tokenError(realm, "answered without a token that can be used");
    this.#secrets.add(token.token);
    return {
      header: `Bearer ${token.token}`,
      expiresAtMilliseconds: Date.now() + token.seconds * 1e3 * usablePart
    };
  }
  #tokenRequest(realm, service2, access2, credentials) {
    const remoteOnly = isRemote(this.registry) && realm.origin !== this.registry.origin;
    const parameters = new URLSearchParams();
    if (service2 !== void 0) parameters.set("service", service2);
    parameters.set("scope", this.#scopes.get(access2) ?? "");
    if (credentials?.kind === "identity-token") {
      this.#secrets.add(credentials.identityToken);
      parameters.set("grant_type", "refresh_token");
      parameters.set("client_id", clientId);
      parameters.set("refresh_token", credentials.identityToken);
      const headers2 = { "content-type": "application/x-www-form-urlencoded" };
      const body = new TextEncoder().encode(parameters.toString());
      return { method: "POST", url: realm, headers: headers2, body, remoteOnly };
    }
    const url = new URL(realm);
    for (const [name, value] of parameters) url.searchParams.append(name, value);
    const headers = {};
    if (credentials !== void 0) headers["authorization"] = this.#basicHeader(credentials);
    return { method: "GET", url, headers, remoteOnly };
  }
  #basicHeader({ username, password }) {
    const encoded = Buffer.from(`${username}:${password}`, "utf8").toString("base64");
    this.#secrets.add(password);
    this.#secrets.add(encoded);
    return `Basic ${encoded}`;
  }
  #tokenError(url, problem) {
    return new RegistryError({ method: "GET", url, problem, transient: false }, firstAttempt);
  }
};
function covers(held, asked) {
  const [heldName, heldActions] = splitActions(held);
  const [askedName, askedActions] = splitActions(asked);
  return heldName === askedName && askedActions.every((action) => heldActions.includes(action));
}
function splitActions(scope) {
  const colon2 = scope.lastIndexOf(":");
  return [scope.slice(0, Math.max(colon2, 0)), scope.slice(colon2 + 1).split(",")];
}
function parseToken(bytes) {
  let json;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return void 0;
  }
  if (typeof json !== "object" || json === null) return void 0;
  const fields = json;
  const token = fields["token"] ?? fields["access_token"];
  if (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token)) return void 0;
  const seconds = fields["expires_in"];
  return { token, seconds: typeof seconds === "number" && seconds > 0 ? seconds : defaultTokenSeconds };
}

// lambda-src/registry/registry-client.ts
var userAgent = "soci-index-builder";
var redirectStatuses = /* @__PURE__ */ new Set([301, 302, 303, 307, 308]);
var methodChangingStatuses = /* @__PURE__ */ new Set([301, 302, 303]);
var maxRefusalBytes = 65536;
var RegistryClient = class {
  constructor(origin, repository2, credentials, transport, retryPolicy) {
    this.origin = origin;
    this.transport = transport;
    this.retryPolicy = retryPolicy;
    this.#authorization = new RegistryAuthorization(origin, repository2, transport, credentials);
  }
  origin;
  transport;
  retryPolicy;
  #authorization;
  /**
   * Sends a request until it is answered and `read` has made something of the answer, or it fails for good.
   *
   * @throws RegistryError; the signal's reason when aborted; what `read` throws of its own.
   */
  async send(request, read) {
    return withRetries(this.retryPolicy, request.signal, async (attempt) => {
      const answer = await this.exchange(request, attempt);
      try {
        return await read(answer, attempt);
      } catch (error) {
        throw this.toRegistryError(error, request, attempt);
      }
    });
  }
  /** Sends a request once; only a refused proof of identity is renewed and shown again. */
  async exchange(request, attempt) {
    try {
      const { access: access2 } = request;
      const shown = await this.#authorization.header(access2);
      let answer = await this.#follow(request, shown, attempt);
      const isExpiry = answer.status === 401 || answer.status === 403 && shown !== void 0;
      if (isExpiry && answer.url.origin === this.origin.origin) {
        const renewed = await this.#authorization.renew(access2, shown, answer.headers["www-authenticate"]);
        if (renewed !== void 0) {
          answer.discard();
          answer = await this.#follow(request, renewed, attempt);
        }
      }
      if (request.accepted.includes(answer.status)) return answer;
      throw new RegistryError(await this.#readRefusal(request, answer), attempt);
    } catch (error) {
      throw this.toRegistryError(error, request, attempt);
    }
  }
  /** An error of the socket as a RegistryError, any other as it is. */
  toRegistryError(error, request, attempt, progress = "") {
    request.signal?.throwIfAborted();
    if (error instanceof RegistryError) {
      return error.attempt === attempt ? error : new RegistryError(error.failure, attempt);
    }
    if (!isSystemError(error)) return error;
    const { method, url } = request;
    const problem = `${progress}${this.#cleanMessage(error.message === "" ? error.code : error.message)}`;
    return new RegistryError(
      { method, url, problem, transient: isTransientSocketError(error), cause: error },
      attempt
    );
  }
  async #follow(request, authorization, attempt) {
    const { method, body, signal } = request;
    let url = request.url;
    for (let redirects = 0; ; redirects++) {
      const isOwn = url.origin === this.origin.origin;
      const headers = { "user-agent": userAgent, ...request.headers };
      if (isOwn && authorization !== void 0) headers["authorization"] = authorization;
      const remoteOnly = !isOwn && isRemote(this.origin);
      const sent = dropUndefined({ method, url, headers, body, remoteOnly, signal });
      const response = await this.transport.send(sent);
      if (!redirectStatuses.has(response.status)) {
        const source = isOwn ? request.isUpload === true ? "upload" : "registry" : "redirect";
        return { ...response, url, source };
      }
      response.discard();
      url = this.#nextUrl(request, response, url, redirects, attempt);
    }
  }
  #nextUrl(request, response, url, redirects, attempt) {
    const refuse2 = (problem) => new RegistryError(
      { method: request.method, url: request.url, status: response.status, problem, transient: false },
      attempt
    );
    const target = parseLocation(response.headers.location, url);
    if (target === void 0) throw refuse2("a redirect to no address");
    if (redirects >= maxRedirects) throw refuse2(`more than ${maxRedirects} redirects`);
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (!isRead && methodChangingStatuses.has(response.status))
      throw refuse2("a redirect that loses what is sent");
    const refusal = refusalOf(this.origin, target);
    if (refusal !== void 0) throw refuse2(`a redirect ${refusal}`);
    return target;
  }
  async #readRefusal(request, answer) {
    const { status, headers, source } = answer;
    const { code: code2, message } = parseRefusal(await readBody(answer, maxRefusalBytes));
    const words = [code2, message].filter((word) => word !== void 0).map((word) => this.#cleanMessage(word));
    const place = source === "redirect" && answer.url.origin !== request.url.origin ? ` from ${answer.url.host}` : "";
    return dropUndefined({
      method: request.method,
      url: request.url,
      status,
      code: code2,
      problem: `${words.length === 0 ? STATUS_CODES[status] ?? "unknown" : words.join(": ")}${place}`,
      transient: isTransientStatus(status, source),
      retryAfterMilliseconds: parseRetryAfter(headers["retry-after"], Date.now())
    });
  }
  #cleanMessage(text2) {
    return cleanText(text2);
  }
};
function parseRefusal(bytes) {
  try {
    const json = JSON.parse(new TextDecoder().decode(bytes));
    const first = json.errors?.[0];
    const code2 = typeof first?.code === "string" && /^[A-Z_]{1,64}$/.test(first.code) ? first.code : void 0;
    const message = typeof first?.message === "string" && first.message !== "" ? first.message : void 0;
    return dropUndefined({ code: code2, message });
  } catch {
    return {};
  }
}
function isSystemError(error) {
  return typeof error === "object" && error !== null && "code" in error && typeof error.code === "string";
}

// lambda-src/registry/registry-store.ts
var acceptedManifests = [ociManifestType, ociIndexType, dockerManifestType, dockerManifestListType].join(
  ", "
);
var RegistryStore = class {
  #client;
  #urls;
  /** @throws ConfigError if registry or repository cannot be one. */
  constructor(options) {
    const origin = registryOrigin(options.registry, options.plainHttp);
    this.#urls = new RepositoryUrls(origin, options.repository);
    this.#client = new RegistryClient(
      origin,
      options.repository,
      options.credentials ?? (() => Promise.resolve(void 0)),
      new Transport(options.timeouts ?? defaultTimeouts),
      options.retryPolicy ?? defaultRetryPolicy
    );
  }
  fetchBlob(target, signal) {
    return downloadBlob(this.#client, this.#urls.blob(target.digest), target, signal);
  }
  async fetchManifest(reference, signal) {
    const url = this.#urls.manifest(reference);
    const headers = { accept: acceptedManifests };
    const accepted = [200, 404];
    return this.#client.send(
      { method: "GET", url, access: "pull", headers, accepted, signal },
      async (answer, attempt) => {
        if (answer.status === 404) {
          answer.discard();
          throw new NotFoundError(`${url.origin}${url.pathname}: there is no manifest ${reference}`);
        }
        const bytes = await readBody(answer, maximumManifestBytes);
        if (bytes === void 0) {
          const problem = `a manifest of more than ${maximumManifestBytes} bytes`;
          throw new RegistryError({ method: "GET", url, status: 200, problem, transient: false }, attempt);
        }
        const digest = digestOf(bytes);
        const expected = isDigest(reference) ? reference : answer.headers["docker-content-digest"];
        if (isDigest(expected) && expected !== digest) {
          throw new ContentMismatchError(
            expected,
            `the manifest at ${url.pathname} has the digest ${digest}`
          );
        }
        return { mediaType: manifestType(bytes, answer.headers["content-type"], url), digest, bytes };
      }
    );
  }
  async resolve(reference, signal) {
    const url = this.#urls.manifest(reference);
    const headers = { accept: acceptedManifests };
    const accepted = [200, 404];
    const found = await this.#client.send(
      { method: "HEAD", url, access: "pull", headers, accepted, signal },
      (answer) => {
        answer.discard();
        return answer;
      }
    );
    if (found.status === 404) return void 0;
    const mediaType = bareMediaType(found.headers["content-type"]);
    const digest = isDigest(reference) ? reference : found.headers["docker-content-digest"];
    const size = Number(found.headers["content-length"] ?? NaN);
    if (isKnownType(mediaType) && isDigest(digest) && size > 0) return { mediaType, digest, size };
    try {
      const manifest = await this.fetchManifest(reference, signal);
      return { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.bytes.length };
    } catch (error) {
      if (error instanceof NotFoundError) return void 0;
      throw error;
    }
  }
  async listReferrers(subject, artifactType, signal) {
    const referrers = await listByApi(this.#client, this.#urls, subject, artifactType, signal) ?? await listByFallbackTag(this.#manifestAccess, subject, signal);
    return filterReferrers(referrers, artifactType);
  }
  async pushBlob(target, content, signal) {
    assertContent(target, content);
    await uploadBlob(this.#client, this.#urls, target, content, signal);
  }
  async pushManifest(manifest, tag2, signal) {
    assertContent({ digest: manifest.digest, size: manifest.bytes.length }, manifest.bytes);
    const { subject, referrer } = readLinks(manifest);
    const reference = tag2 ?? manifest.digest;
    const found = await this.resolve(reference, signal);
    const isListed = found?.digest !== manifest.digest && await this.#putOrFind(manifest, tag2, signal);
    if (subject === void 0 || isListed) return;
    const listed = await listByApi(this.#client, this.#urls, subject.digest, void 0, signal);
    if (listed?.some(({ digest }) => digest === manifest.digest) === true) return;
    await addByFallbackTag(this.#manifestAccess, subject.digest, referrer, signal);
  }
  /**
   * Puts a manifest. Before a failure is called one, it looks at what the reference points to: a put that answered too
   * late may have worked, and ECR refuses to put into an immutable tag what is there already.
   *
   * @returns Whether the registry said that it lists the manifest among its subject's referrers.
   */
  async #putOrFind(manifest, tag2, signal) {
    const reference = tag2 ?? manifest.digest;
    try {
      return await this.#put(manifest, reference, signal);
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      const found = await this.resolve(reference, signal).catch(() => void 0);
      signal?.throwIfAborted();
      if (found?.digest === manifest.digest) return false;
      if (tag2 !== void 0 && found !== void 0 && saysImmutable(error)) {
        throw new ImmutableTagError(tag2, { cause: error });
      }
      throw error;
    }
  }
  async #put(manifest, reference, signal) {
    return this.#client.send(
      {
        method: "PUT",
        url: this.#urls.manifest(reference),
        access: "push",
        headers: { "content-type": manifest.mediaType },
        body: manifest.bytes,
        accepted: [200, 201],
        signal
      },
      (answer) => {
        answer.discard();
        return answer.headers["oci-subject"] !== void 0;
      }
    );
  }
  async #delete(digest, signal) {
    const url = this.#urls.manifest(digest);
    await this.#client.send(
      { method: "DELETE", url, access: "push", accepted: [200, 202, 404], signal },
      (answer) => {
        answer.discard();
      }
    );
  }
  #manifestAccess = {
    fetchManifest: (reference, signal) => this.fetchManifest(reference, signal),
    putManifest: (manifest, reference, signal) => this.#put(manifest, reference, signal),
    deleteManifest: (digest, signal) => this.#delete(digest, signal)
  };
};
function manifestType(bytes, contentType, url) {
  const header = bareMediaType(contentType);
  const declared = declaredMediaType(bytes);
  if (declared !== void 0 && isKnownType(header) && declared !== header) {
    throw new FormatError("manifest", `${url.pathname} is served as ${header} and calls itself ${declared}`);
  }
  if (declared !== void 0) return declared;
  return isKnownType(header) ? header : apparentMediaType(bytes);
}
function bareMediaType(contentType) {
  return contentType?.split(";")[0]?.trim().toLowerCase() ?? "";
}
function isKnownType(mediaType) {
  return isManifestType(mediaType) || isIndexType(mediaType);
}
function saysImmutable(error) {
  return error.code === "TAG_INVALID" || /immutable/i.test(error.failure.problem);
}

// lambda-src/cli/quantities.ts
var units = ["B", "KiB", "MiB", "GiB", "TiB"];
function formatBytes(bytes) {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return unit === 0 ? `${bytes} B` : `${value.toFixed(1)} ${units[unit]}`;
}
function formatCount(count, noun) {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}
function formatSeconds(seconds) {
  return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
}

// lambda-src/cli/progress.ts
var barCells = 30;
var millisecondsBetweenDrawings = 100;
var clearLine = "\r\x1B[K";
var ByteProgress = class {
  constructor(label, totalBytes, stream = process.stderr) {
    this.label = label;
    this.totalBytes = totalBytes;
    this.stream = stream;
  }
  label;
  totalBytes;
  stream;
  #startedAt = performance.now();
  #bytes = 0;
  #drawnAt = 0;
  add(bytes) {
    this.#bytes += bytes;
    const now = performance.now();
    if (!this.stream.isTTY || now - this.#drawnAt < millisecondsBetweenDrawings) return;
    this.#drawnAt = now;
    const share = this.totalBytes === 0 ? 1 : Math.min(1, this.#bytes / this.totalBytes);
    const filled = Math.round(share * barCells);
    const bar = "█".repeat(filled) + "░".repeat(barCells - filled);
    const rate = formatBytes(this.#bytes / Math.max(1e-3, (now - this.#startedAt) / 1e3));
    const percent = `${Math.floor(share * 100)}`.padStart(3);
    this.stream.write(
      `${clearLine}${this.label} ${bar} ${percent} %  ${formatBytes(this.#bytes)}  ${rate}/s`
    );
  }
  /** Takes the bar away: what it was about is done, or has failed. */
  finish() {
    if (this.stream.isTTY) this.stream.write(clearLine);
  }
};

// lambda-src/cli/layer-progress.ts
var LayerProgress = class {
  constructor(stream = process.stderr) {
    this.stream = stream;
  }
  stream;
  #bar;
  onStart(layers) {
    const bytes = layers.reduce((sum, { size }) => sum + size, 0);
    this.#say(`reading ${formatCount(layers.length, "layer")}, ${formatBytes(bytes)}`);
    this.#bar = new ByteProgress("layers", bytes, this.stream);
  }
  onBytes(_layer, bytes) {
    this.#bar?.add(bytes);
  }
  onLayerDone(layer, outcome) {
    const what = outcome.status === "indexed" ? `zTOC of ${formatBytes(outcome.ztoc.size)}, ${formatCount(outcome.ztoc.spans, "span")}, ${formatCount(outcome.ztoc.files, "file")}` : `${outcome.status}: ${outcome.reason}`;
    this.#say(`${shortDigest(layer.digest)}  ${formatBytes(layer.size)}  ${what}`);
  }
  finish() {
    this.#bar?.finish();
  }
  #say(line) {
    this.#bar?.finish();
    this.stream.write(`${line}
`);
  }
};
function shortDigest(digest) {
  return digest.slice(0, "sha256:".length + 12);
}

// lambda-src/cli/table.ts
var controlCharacters = /[\p{Cc}\u2028\u2029]/gu;
function printTable(head, rows, total = rows.length) {
  const lines = [head, ...rows].map((row) => row.map((cell) => cell.replace(controlCharacters, "?")));
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const printed = lines.map(
    (line) => `  ${line.map((cell, column) => cell.padEnd(widths[column])).join("  ")}`.trimEnd()
  );
  if (total > rows.length) printed.push(`  … and ${total - rows.length} more (--json shows all)`);
  return printed.join("\n");
}

// lambda-src/cli/demo/sample-layer.ts
var import_tar_stream = __toESM(require_tar_stream(), 1);
import { createReadStream } from "node:fs";
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { dirname, join as join2 } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
async function findSampleFiles(npmFiles2) {
  const executable = await realpath(process.execPath);
  const files = [await describeFile("usr/local/bin/node", executable)];
  const npmFolder = join2(dirname(executable), "..", "lib", "node_modules", "npm");
  const names = await readdir(npmFolder, { recursive: true }).catch(() => []);
  for (const name of names.sort()) {
    if (files.length > npmFiles2) break;
    const path = join2(npmFolder, name);
    if ((await stat(path)).isFile())
      files.push(await describeFile(join2("usr/local/lib/node_modules/npm", name), path));
  }
  return files;
}
async function describeFile(name, path) {
  return { name, path, size: (await stat(path)).size };
}
async function packLayer(files) {
  const archive = (0, import_tar_stream.pack)();
  const pieces = [];
  await Promise.all([
    addFiles(archive, files),
    pipeline(archive, createGzip({ level: 1 }), async function(compressed) {
      for await (const piece of compressed) pieces.push(piece);
    })
  ]);
  return Buffer.concat(pieces);
}
async function addFiles(archive, files) {
  for (const file of files) {
    const entry = archive.entry({ name: file.name, size: file.size, mode: 493, mtime: /* @__PURE__ */ new Date(0) });
    await pipeline(createReadStream(file.path), entry);
  }
  archive.finalize();
}
async function readSampleFile(file) {
  return readFile(file.path);
}

// lambda-src/cli/demo/demo-image.ts
var layerType = "application/vnd.oci.image.layer.v1.tar+gzip";
async function pushDemoImage(store, tag2, shared, own) {
  const platforms = [
    { os: "linux", architecture: "amd64" },
    { os: "linux", architecture: "arm64" }
  ];
  const sharedLayer = await pushLayer(store, shared);
  const half = Math.ceil(own.length / 2);
  const layers = [sharedLayer];
  const entries = [];
  for (const [index2, platform] of platforms.entries()) {
    const layer = await pushLayer(store, own.slice(index2 * half, (index2 + 1) * half));
    layers.push(layer);
    entries.push(await pushPlatform(store, platform, [sharedLayer.descriptor, layer.descriptor]));
  }
  const index = encodeIndex({ manifests: entries });
  await store.pushManifest(index, tag2);
  return { digest: index.digest, layers, platforms };
}
async function pushLayer(store, files) {
  return { descriptor: await pushBlob(store, layerType, await packLayer(files)), files };
}
async function pushPlatform(store, platform, layers) {
  const { os, architecture } = platform;
  const rootfs = { type: "layers", diff_ids: [] };
  const configBytes = new TextEncoder().encode(JSON.stringify({ architecture, os, config: {}, rootfs }));
  const config = await pushBlob(store, ociConfigType, configBytes);
  const manifest = encodeManifest({ config, layers });
  await store.pushManifest(manifest);
  return { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.bytes.length, platform };
}
async function pushBlob(store, mediaType, bytes) {
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
  await store.pushBlob(descriptor, bytes);
  return descriptor;
}

// lambda-src/cli/demo/demo-command.ts
var repository = "demo/app";
var tag = "v1";
var npmFiles = 1e3;
var minimumLayerSize = 10 * 1024 * 1024;
var filesReadBack = 4;
function addDemoCommand(program2) {
  program2.command("demo").description(
    "make an image, serve it, index it, and read files through its index; needs nothing but Node"
  ).action(runDemo);
}
async function runDemo() {
  const registry = await createLocalRegistry();
  const jobs = new ZtocWorkers(new URL(import.meta.url));
  try {
    await tellStory(registry, jobs);
  } finally {
    await jobs.close();
    await registry.close();
  }
}
async function tellStory(registry, jobs) {
  const name = `${registry.host}/${repository}`;
  const store = new RegistryStore({ registry: registry.host, repository });
  say("1. An image out of files that this machine has, pushed to a registry on this machine");
  const [executable, ...others] = await findSampleFiles(npmFiles);
  const image = await pushDemoImage(store, tag, executable === void 0 ? [] : [executable], others);
  say(`   ${name}:${tag}  ${image.digest}`);
  for (const { descriptor, files } of image.layers) {
    say(
      `   layer ${shortDigest(descriptor.digest)}  ${formatBytes(descriptor.size)}, ${formatCount(files.length, "file")}`
    );
  }
  say(`   platforms ${image.platforms.map(formatPlatform).join(" and ")}, which share the first layer`);
  for (const version2 of ["V1", "V2"]) {
    say(
      version2 === "V1" ? "\n2. SOCI index V1: an artifact for each platform that refers to its manifest" : "\n3. SOCI index V2: a new image that holds the old one and its indexes; its tag is the one to deploy"
    );
    const startedAt = performance.now();
    const outcome = await indexImage(
      store,
      { reference: tag, tag },
      {
        version: version2,
        missingPlatforms: "refuse",
        minimumLayerSize,
        spanSizeBytes: defaultSpanSizeBytes,
        buildToolIdentifier: defaultBuildToolIdentifier,
        ...version2 === "V2" && { targetTag: `${tag}-soci` },
        jobs
      }
    );
    describeOutcome(outcome, (performance.now() - startedAt) / 1e3);
  }
  say("\n4. Files read through the V2 index, as a runtime does that has not downloaded the image");
  await readBack(registry, store, image);
  say(
    "   Only the spans that hold a file were fetched: so a container starts before its image is downloaded."
  );
}
function describeOutcome(outcome, seconds) {
  if (outcome.status !== "indexed") throw new Error(`the image was not indexed: ${outcome.status}`);
  say(`   ${outcome.status} ${outcome.digest}${outcome.tag === void 0 ? "" : `, tag ${outcome.tag}`}`);
  for (const { platform, digest, layers } of outcome.indexes) {
    const words = layers.map(
      (layer) => layer.status === "indexed" ? `${formatCount(layer.ztoc.spans, "span")} over ${formatCount(layer.ztoc.files, "file")}` : `a layer is ${layer.reason}`
    );
    say(`   ${platform}: SOCI index ${shortDigest(digest ?? "none")}: ${words.join("; ")}`);
  }
  say(`   ${formatBytes(outcome.bytesRead)} of layers read, in ${formatSeconds(seconds)}`);
}
async function readBack(registry, store, image) {
  const found = await findSociIndexes(store, `${tag}-soci`);
  if (found.kind !== "image") throw new Error("the SOCI image is not there");
  const rows = [];
  for (const { layerDigest, ztoc } of found.platforms[0].indexes.flatMap(({ layers }) => layers)) {
    const layer = image.layers.find(({ descriptor }) => descriptor.digest === layerDigest);
    const bytes = await readWholeBlob(store, { mediaType: ztocMediaType, ...ztoc }, largestZtocBytes);
    rows.push(...await readFilesBack(registry, layer, decodeZtoc(bytes)));
  }
  if (rows.length === 0) throw new Error("no layer was indexed");
  say(printTable(["read", "of", "bytes", "fetched of the layer", "same"], rows));
}
async function readFilesBack(registry, layer, ztoc) {
  const rows = [];
  const step = Math.max(1, Math.floor(layer.files.length / filesReadBack));
  for (let index = 0; index < layer.files.length; index += step) {
    rows.push(await readFileBack(registry, layer, ztoc, index, layer.files[index]));
  }
  return rows;
}
var largestPartBytes = 1024 * 1024;
async function readFileBack(registry, { descriptor }, ztoc, index, file) {
  const entry = ztoc.contents.at(index);
  const wanted = Math.min(file.size, largestPartBytes);
  let fetchedBytes = 0;
  const pieces = [];
  let bytes = 0;
  for await (const piece of readFileData(ztoc, entry, async (start, end) => {
    fetchedBytes += end - start;
    return fetchRange(registry, descriptor.digest, start, end);
  })) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes >= wanted) break;
  }
  const original = await readSampleFile(file);
  const isSame = Buffer.concat(pieces).subarray(0, wanted).equals(original.subarray(0, wanted));
  if (!isSame) throw new Error(`${file.name} is not the same when it is read through the index`);
  const share = (fetchedBytes / descriptor.size * 100).toFixed(1);
  const part = wanted < file.size ? `first ${formatBytes(wanted)}` : "all";
  return [part, file.name, formatBytes(file.size), `${formatBytes(fetchedBytes)} (${share} %)`, "yes"];
}
async function fetchRange(registry, digest, start, end) {
  const answer = await fetch(`${registry.url}/v2/${repository}/blobs/${digest}`, {
    headers: { range: `bytes=${start}-${end - 1}` }
  });
  if (answer.status !== 206) throw new Error(`the registry answered ${answer.status} to a range`);
  return new Uint8Array(await answer.arrayBuffer());
}
function say(line) {
  process.stdout.write(`${line}
`);
}

// lambda-src/cli/open-image.ts
import { homedir } from "node:os";
import { text } from "node:stream/consumers";

// lambda-src/content/layout-store.ts
import { randomUUID as randomUUID4 } from "node:crypto";
import { createReadStream as createReadStream2 } from "node:fs";
import { access, link, mkdir, open, readFile as readFile2, rename, rm, writeFile } from "node:fs/promises";
import { join as join3 } from "node:path";
var tagAnnotation = "org.opencontainers.image.ref.name";
var layoutVersion = "1.0.0";
var maxScannedManifests = 1e4;
var LayoutStore = class {
  /** @param directory Need not exist before the first push. */
  constructor(directory2) {
    this.directory = directory2;
  }
  directory;
  /** The write of index.json that is under way: each one reads what the one before it wrote. */
  #indexWrite = Promise.resolve();
  async *fetchBlob(target, signal) {
    signal?.throwIfAborted();
    const file = createReadStream2(this.#blobPath(target.digest), {
      highWaterMark: 262144,
      ...signal === void 0 ? {} : { signal }
    });
    try {
      yield* verifyContent(target, file);
    } catch (error) {
      throw isMissingFile(error) ? new NotFoundError(`${this.directory} has no blob ${target.digest}`, { cause: error }) : error;
    } finally {
      file.destroy();
    }
  }
  async fetchManifest(reference) {
    const entry = await this.#findEntry(reference);
    const digest = entry?.digest ?? reference;
    if (!isDigest(digest)) throw new NotFoundError(`${this.directory} has no tag ${reference}`);
    const bytes = await readSmallFile(this.#blobPath(digest));
    if (bytes === void 0) throw new NotFoundError(`${this.directory} has no manifest ${digest}`);
    const actual = digestOf(bytes);
    if (actual !== digest) {
      throw new ContentMismatchError(digest, `the file in ${this.directory} has the digest ${actual}`);
    }
    return {
      mediaType: declaredMediaType(bytes) ?? entry?.mediaType ?? apparentMediaType(bytes),
      digest,
      bytes
    };
  }
  async resolve(reference) {
    try {
      const { mediaType, digest, bytes } = await this.fetchManifest(reference);
      return { mediaType, digest, size: bytes.length };
    } catch (error) {
      if (error instanceof NotFoundError) return void 0;
      throw error;
    }
  }
  async listReferrers(subject, artifactType) {
    const referrers = [];
    for await (const { subject: ownSubject, referrer } of this.#walkManifests()) {
      if (ownSubject?.digest === subject) referrers.push(referrer);
    }
    return filterReferrers(referrers, artifactType);
  }
  /**
   * The images that index.json lists, in its order, without referrers: a SOCI index beside an image does not make the
   * image one of two.
   */
  async listImages() {
    const images = [];
    for (const descriptor of (await this.#readIndex()).manifests) {
      const links = await this.#readListed(descriptor);
      if (links?.subject !== void 0) continue;
      const tag2 = descriptor.annotations?.[tagAnnotation];
      images.push(dropUndefined({ descriptor, tag: tag2 }));
    }
    return images;
  }
  async pushBlob(target, content) {
    assertContent(target, content);
    await this.#prepare();
    await this.#writeContent(target.digest, content);
  }
  async pushManifest(manifest, tag2) {
    assertContent({ digest: manifest.digest, size: manifest.bytes.length }, manifest.bytes);
    const isReferrer = readLinks(manifest).subject !== void 0;
    await this.#prepare();
    await this.#writeContent(manifest.digest, manifest.bytes);
    if (tag2 === void 0 && !isReferrer) return;
    const write = this.#indexWrite.then(() => this.#addEntry(manifest, tag2));
    this.#indexWrite = write.catch(() => {
    });
    await write;
  }
  async #addEntry(manifest, tag2) {
    const index = await this.#readIndex();
    const isListed = index.manifests.some(
      (entry2) => entry2.digest === manifest.digest && entry2.annotations?.[tagAnnotation] === tag2
    );
    if (isListed) return;
    const { mediaType, digest, size, artifactType } = readLinks(manifest).referrer;
    const annotations = tag2 === void 0 ? void 0 : { [tagAnnotation]: tag2 };
    const entry = dropUndefined({ mediaType, digest, size, artifactType, annotations });
    const others = index.manifests.filter(
      (other) => tag2 === void 0 || other.annotations?.[tagAnnotation] !== tag2
    );
    const { bytes } = encodeIndex({ ...index, manifests: [...others, entry] });
    await replaceFile(join3(this.directory, "index.json"), bytes);
  }
  /** Every manifest that can be reached from index.json, each once. */
  async *#walkManifests() {
    const waiting = [...(await this.#readIndex()).manifests];
    const seen = new Set(waiting.map((entry) => entry.digest));
    for (let entry = waiting.pop(); entry !== void 0; entry = waiting.pop()) {
      const links = await this.#readListed(entry);
      if (links === void 0) continue;
      yield links;
      for (const child of links.entries) {
        if (seen.has(child.digest)) continue;
        seen.add(child.digest);
        if (seen.size > maxScannedManifests) {
          throw new FormatError(
            "manifest",
            `${this.directory} lists more than ${maxScannedManifests} manifests`
          );
        }
        waiting.push(child);
      }
    }
  }
  async #findEntry(reference) {
    const { manifests } = await this.#readIndex();
    return manifests.find(
      (entry) => entry.annotations?.[tagAnnotation] === reference || entry.digest === reference
    );
  }
  async #readIndex() {
    const marker = parseJson(await this.#readOwnFile("oci-layout"));
    const version2 = marker instanceof JsonObject ? new Map(marker.members).get("imageLayoutVersion") : void 0;
    if (version2 !== layoutVersion) {
      throw new FormatError("manifest", `${this.directory}/oci-layout does not say version ${layoutVersion}`);
    }
    return parseIndex(await this.#readOwnFile("index.json"));
  }
  async #readOwnFile(name) {
    const bytes = await readSmallFile(join3(this.directory, name));
    if (bytes === void 0) {
      throw new NotFoundError(`${this.directory} is no OCI image layout: it has no file ${name}`);
    }
    return bytes;
  }
  /** A listed manifest, or undefined: a layout may list what it does not hold, and content that is no manifest. */
  async #readListed({ mediaType, digest, size }) {
    if (size > maximumManifestBytes) return void 0;
    const bytes = await readSmallFile(this.#blobPath(digest));
    if (bytes === void 0 || digestOf(bytes) !== digest) return void 0;
    try {
      return readLinks({ mediaType, digest, bytes });
    } catch (error) {
      if (error instanceof FormatError) return void 0;
      throw error;
    }
  }
  #blobPath(digest) {
    if (!isDigest(digest))
      throw new FormatError("manifest", "a digest is not sha256 and 64 hexadecimal digits");
    return join3(this.directory, "blobs", "sha256", digest.slice("sha256:".length));
  }
  async #prepare() {
    await mkdir(join3(this.directory, "blobs", "sha256"), { recursive: true });
    await createFile(
      join3(this.directory, "oci-layout"),
      JSON.stringify({ imageLayoutVersion: layoutVersion })
    );
    await createFile(join3(this.directory, "index.json"), encodeIndex({ manifests: [] }).bytes);
  }
  async #writeContent(digest, content) {
    const path = this.#blobPath(digest);
    const existing = await readFile2(path).catch((error) => {
      if (isMissingFile(error)) return void 0;
      throw error;
    });
    if (existing?.equals(content) === true) return;
    await replaceFile(path, content);
  }
};
async function readSmallFile(path) {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      if (size > maximumManifestBytes) {
        throw new FormatError("manifest", `${path} has ${size} bytes, more than ${maximumManifestBytes}`);
      }
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isMissingFile(error)) return void 0;
    throw error;
  }
}
async function replaceFile(path, content) {
  await withTemporaryFile(path, content, (temporary) => rename(temporary, path));
}
async function createFile(path, content) {
  const exists = await access(path).then(
    () => true,
    () => false
  );
  if (exists) return;
  await withTemporaryFile(path, content, async (temporary) => {
    try {
      await link(temporary, path);
    } catch (error) {
      if (!hasCode(error, "EEXIST")) throw error;
    }
  });
}
async function withTemporaryFile(path, content, place) {
  const temporary = `${path}.${randomUUID4()}.tmp`;
  try {
    await writeFile(temporary, content, { flag: "wx" });
    await place(temporary);
  } finally {
    await rm(temporary, { force: true });
  }
}
function isMissingFile(error) {
  return hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR");
}
function hasCode(error, code2) {
  return typeof error === "object" && error !== null && "code" in error && error.code === code2;
}

// lambda-src/registry/credentials.ts
import { spawn } from "node:child_process";
import { readFile as readFile3 } from "node:fs/promises";
import { join as join4 } from "node:path";
var helperMilliseconds = 3e4;
var maxHelperBytes = 65536;
var dockerHubKey = "https://index.docker.io/v1/";
var dockerHubHosts = /* @__PURE__ */ new Set(["docker.io", "index.docker.io", "registry-1.docker.io"]);
function dockerCredentials(environment, homeDirectory) {
  const configured = environment["DOCKER_CONFIG"] ?? "";
  const path = join4(configured === "" ? join4(homeDirectory, ".docker") : configured, "config.json");
  return async (registry) => {
    const config = await readConfig(path);
    if (config === void 0) return void 0;
    const key = dockerHubHosts.has(registry) ? dockerHubKey : registry;
    const helper = config.credHelpers.get(key) ?? config.credHelpers.get(registry) ?? config.credsStore;
    const fromHelper = helper === void 0 ? void 0 : await askHelper(helper, key, environment);
    return fromHelper ?? config.auths.get(hostOfKey(key));
  };
}
async function readConfig(path) {
  let text2;
  try {
    text2 = await readFile3(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return void 0;
    throw new ConfigError([`${path} cannot be read`]);
  }
  let json;
  try {
    json = JSON.parse(text2);
  } catch {
    throw new ConfigError([`${path} is not JSON`]);
  }
  const config = fieldsOf(json, path);
  const auths = /* @__PURE__ */ new Map();
  for (const [key, entry] of Object.entries(fieldsOf(config["auths"] ?? {}, `${path}: auths`))) {
    const credentials = readAuth(fieldsOf(entry, `${path}: auths`), path);
    if (credentials !== void 0 && (key === hostOfKey(key) || !auths.has(hostOfKey(key)))) {
      auths.set(hostOfKey(key), credentials);
    }
  }
  const helpers = Object.entries(fieldsOf(config["credHelpers"] ?? {}, `${path}: credHelpers`));
  return {
    auths,
    credHelpers: new Map(helpers.map(([key, name]) => [key, helperName(name, path)])),
    credsStore: config["credsStore"] ? helperName(config["credsStore"], path) : void 0
  };
}
function readAuth(entry, path) {
  const { auth, username, password, identitytoken } = entry;
  if (typeof identitytoken === "string" && identitytoken !== "") {
    return { kind: "identity-token", identityToken: identitytoken };
  }
  if (typeof auth === "string" && auth !== "") {
    const decoded = Buffer.from(auth, "base64").toString("utf8");
    const colon2 = decoded.indexOf(":");
    if (colon2 < 0) throw new ConfigError([`${path}: an auth is not base64 of user:password`]);
    const decodedPassword = decoded.slice(colon2 + 1).replace(/\0+$/, "");
    return { kind: "password", username: decoded.slice(0, colon2), password: decodedPassword };
  }
  if (typeof username === "string" && username !== "" && typeof password === "string") {
    return { kind: "password", username, password };
  }
  return void 0;
}
function hostOfKey(key) {
  return key.replace(/^https?:\/\//, "").replace(/\/.*$/s, "");
}
function helperName(name, path) {
  if (typeof name === "string" && /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name)) return name;
  throw new ConfigError([`${path}: ${quoteText(String(name))} cannot be a credential helper`]);
}
async function askHelper(name, server, environment) {
  const program2 = `docker-credential-${name}`;
  const { exitCode, output } = await runHelper(program2, server, environment);
  if (exitCode !== 0) {
    if (/credentials not found in native keychain/i.test(output)) return void 0;
    throw new ConfigError([`${program2} failed with exit code ${exitCode}`]);
  }
  const answer = parseHelperAnswer(output);
  if (answer === void 0)
    throw new ConfigError([`${program2} did not answer with a user name and a secret`]);
  const { username, secret } = answer;
  return username === "<token>" ? { kind: "identity-token", identityToken: secret } : { kind: "password", username, password: secret };
}
function parseHelperAnswer(output) {
  try {
    const json = JSON.parse(output);
    if (typeof json !== "object" || json === null || !("Username" in json) || !("Secret" in json))
      return void 0;
    const { Username: username, Secret: secret } = json;
    return typeof username === "string" && typeof secret === "string" ? { username, secret } : void 0;
  } catch {
    return void 0;
  }
}
function runHelper(program2, server, environment) {
  return new Promise((resolve, reject) => {
    const refuse2 = (problem) => {
      helper.kill("SIGKILL");
      reject(new ConfigError([`${program2} ${problem}`]));
    };
    const helper = spawn(program2, ["get"], { env: environment, stdio: ["pipe", "pipe", "ignore"] });
    const timer = setTimeout(() => {
      refuse2(`did not answer within ${helperMilliseconds / 1e3} seconds`);
    }, helperMilliseconds);
    const pieces = [];
    let byteCount = 0;
    helper.stdout.on("data", (piece) => {
      byteCount += piece.length;
      if (byteCount > maxHelperBytes) refuse2(`answered with more than ${maxHelperBytes} bytes`);
      else pieces.push(piece);
    });
    helper.on("error", (error) => {
      clearTimeout(timer);
      const reason = isMissing(error) ? "is not installed" : "cannot be run";
      reject(new ConfigError([`${program2}, which Docker's config.json names, ${reason}`]));
    });
    helper.on("close", (exitCode) => {
      clearTimeout(timer);
      resolve({ exitCode: exitCode ?? -1, output: Buffer.concat(pieces).toString("utf8") });
    });
    helper.stdin.on("error", () => {
    });
    helper.stdin.end(server);
  });
}
function fieldsOf(json, place) {
  if (typeof json === "object" && json !== null && !Array.isArray(json))
    return json;
  throw new ConfigError([`${place} is not a JSON object`]);
}
function isMissing(error) {
  return typeof error === "object" && error !== null && "code" in error && error.code === "ENOENT";
}

// lambda-src/cli/open-image.ts
function addImageAccessOptions(command) {
  return command.addOption(
    new Option("--username <name>", "user of the registry, instead of the one in the Docker config")
  ).addOption(new Option("--password-stdin", "read the password from standard input").default(false)).addOption(
    new Option("--plain-http", "reach the registry without TLS (loopback always is)").default(false)
  );
}
async function openImage(name, options) {
  const reference = parseReference(name);
  const credentials = await readCredentials(options);
  if (reference.kind === "layout") return openLayout(reference);
  const store = new RegistryStore({
    registry: reference.registry,
    repository: reference.repository,
    credentials,
    plainHttp: options.plainHttp
  });
  return describeImage(store, reference);
}
async function openLayout(reference) {
  const store = new LayoutStore(reference.directory);
  if (reference.tag !== void 0 || reference.digest !== void 0) return describeImage(store, reference);
  const images = await store.listImages();
  const [only, ...others] = images;
  if (only === void 0) throw new ConfigError([`oci:${reference.directory} holds no image`]);
  if (others.length > 0) {
    const names = images.map(
      ({ tag: tag2, descriptor }) => tag2 === void 0 ? `@${descriptor.digest}` : `:${tag2}`
    );
    throw new ConfigError([
      `oci:${reference.directory} holds ${images.length} images: add one of ${names.join(" ")} to its name`
    ]);
  }
  const { digest } = only.descriptor;
  return describeImage(
    store,
    only.tag === void 0 ? { ...reference, digest } : { ...reference, tag: only.tag }
  );
}
function describeImage(store, reference) {
  const { tag: tag2, digest } = reference;
  const wanted = digest ?? tag2;
  if (wanted === void 0)
    throw new ConfigError([`${formatReference(reference)}: a tag or digest is needed`]);
  return { store, name: formatReference(reference), reference: wanted, ...tag2 !== void 0 && { tag: tag2 } };
}
async function readCredentials({
  username,
  passwordStdin
}) {
  if (username === void 0 && !passwordStdin) return dockerCredentials(process.env, homedir());
  if (username === void 0 || !passwordStdin) {
    throw new ConfigError(["--username and --password-stdin go together"]);
  }
  const password = (await text(process.stdin)).replace(/\r?\n$/, "");
  return () => Promise.resolve({ kind: "password", username, password });
}

// lambda-src/cli/options.ts
function parseBytes(word) {
  const bytes = Number(word);
  if (!/^\d+$/.test(word) || !Number.isSafeInteger(bytes)) {
    throw new InvalidArgumentError("It must be a number of bytes, such as 4194304.");
  }
  return bytes;
}
function spanSizeOption() {
  return new Option("--span-size <bytes>", "uncompressed bytes between two checkpoints").argParser(parseBytes).default(defaultSpanSizeBytes);
}
function buildToolIdentifierOption() {
  return new Option(
    "--build-tool-identifier <text>",
    "who built it, as the zTOC says; part of its digest"
  ).default(defaultBuildToolIdentifier);
}
function jsonOption() {
  return new Option("--json", "print one JSON object, and nothing else, on standard output").default(false);
}

// lambda-src/cli/index-command.ts
var defaultMinimumLayerBytes = 10 * 1024 * 1024;
function addIndexCommand(program2) {
  const command = program2.command("index").argument("<image>", "REGISTRY/REPO[:TAG][@DIGEST], or oci:DIR[:TAG] for an OCI layout directory").description("build an image's SOCI index and push it beside the image").addOption(
    new Option("--index-version <version>", "version of the index").choices(["v1", "v2"]).default("v2")
  ).addOption(
    new Option("--platform <os/arch>", "a platform to index; repeatable (default: all)").argParser((word, platforms) => [...platforms, parsePlatform(word)]).default([], "all")
  ).option("--tag-suffix <suffix>", "of the V2 image's tag, after the source's", "-soci").option("--target-tag <tag>", "the V2 image's whole tag, instead of one with a suffix").addOption(
    new Option("--min-layer-size <bytes>", "a smaller layer is not indexed").argParser(parseBytes).default(defaultMinimumLayerBytes)
  ).addOption(spanSizeOption()).addOption(buildToolIdentifierOption()).option("--dry-run", "read and build everything, write nothing", false);
  addImageAccessOptions(command).addOption(jsonOption()).addHelpText(
    "after",
    [
      "",
      "Examples:",
      "  soci-index index 111122223333.dkr.ecr.eu-west-1.amazonaws.com/app:v1",
      "  soci-index index oci:./layout:v1 --platform linux/arm64 --dry-run"
    ].join("\n")
  ).action(runIndex);
}
async function runIndex(name, options) {
  const startedAt = performance.now();
  const version2 = options.indexVersion === "v1" ? "V1" : "V2";
  const image = await openImage(name, options);
  const targetTag = version2 === "V2" ? chooseTargetTag(image.tag, options) : void 0;
  const progress = new LayerProgress();
  const jobs = new ZtocWorkers(new URL(import.meta.url));
  const seconds = () => Math.round(performance.now() - startedAt) / 1e3;
  try {
    const outcome = await indexImage(image.store, image, {
      version: version2,
      ...options.platform.length > 0 && { platforms: options.platform },
      missingPlatforms: "refuse",
      minimumLayerSize: options.minLayerSize,
      spanSizeBytes: options.spanSize,
      buildToolIdentifier: options.buildToolIdentifier,
      ...targetTag !== void 0 && { targetTag },
      dryRun: options.dryRun,
      jobs,
      progress
    });
    progress.finish();
    const report = reportOf(image.name, outcome, seconds());
    for (const warning of outcome.warnings) process.stderr.write(`warning: ${warning}
`);
    process.stdout.write(options.json ? `${JSON.stringify(report)}
` : describeReport(report));
  } catch (error) {
    progress.finish();
    if (options.json && !(error instanceof ConfigError)) {
      const reason = error instanceof Error ? error.message : String(error);
      const nothing2 = { version: version2, indexes: [], warnings: [], bytesRead: 0, seconds: seconds() };
      const report = { image: image.name, status: "failed", reason, ...nothing2 };
      process.stdout.write(`${JSON.stringify(report)}
`);
    }
    throw error;
  } finally {
    await jobs.close();
  }
}
function reportOf(image, outcome, seconds) {
  const { status, version: version2, indexes, warnings, bytesRead } = outcome;
  return {
    image,
    status,
    ..."reason" in outcome && { reason: outcome.reason },
    version: version2,
    ..."digest" in outcome && { digest: outcome.digest },
    ..."tag" in outcome && { tag: outcome.tag },
    indexes,
    warnings,
    bytesRead,
    seconds
  };
}
function chooseTargetTag(sourceTag, options) {
  const tag2 = options.targetTag ?? (sourceTag === void 0 ? void 0 : sourceTag + options.tagSuffix);
  if (tag2 === void 0 || isTag(tag2)) return tag2;
  throw new ConfigError([
    `the tag ${JSON.stringify(tag2)} is none: it needs 1 to 128 letters, digits, "_", "." and "-" (--target-tag, --tag-suffix)`
  ]);
}
function describeReport(report) {
  const lines = [
    `${report.status}${report.reason === void 0 ? "" : ` (${report.reason})`}: ${report.image}`
  ];
  if (report.digest !== void 0) {
    const tag2 = report.tag === void 0 ? "" : `, tag ${report.tag}`;
    lines.push(`  ${report.version === "V2" ? "image" : "SOCI index"} ${report.digest}${tag2}`);
  }
  for (const { platform, digest, layers } of report.indexes) {
    const indexed = layers.filter(({ status }) => status === "indexed").length;
    const index = digest === void 0 ? "no SOCI index" : `SOCI index ${shortDigest(digest)}`;
    lines.push(`  ${platform}: ${index}, ${indexed} of ${layers.length} layers indexed`);
    for (const layer of layers) {
      if (layer.status === "skipped") lines.push(`    ${shortDigest(layer.digest)} skipped: ${layer.reason}`);
    }
  }
  lines.push(`  ${formatBytes(report.bytesRead)} of layers read in ${formatSeconds(report.seconds)}`, "");
  return lines.join("\n");
}

// lambda-src/cli/inspect-command.ts
import { stat as stat2 } from "node:fs/promises";

// lambda-src/cli/inspect-image.ts
async function inspectImage(name, options) {
  const image = await openImage(name, options);
  const found = await findSociIndexes(image.store, image.reference);
  if (found.kind === "none") throw new Error(`${image.name}: there is nothing to inspect (${found.reason})`);
  if (found.kind === "soci index") {
    const report2 = await reportIndex(image.store, found.index);
    return options.json ? `${JSON.stringify({ image: image.name, ...report2 })}
` : `${describeIndex2(report2)}
`;
  }
  const platforms = [];
  for (const { platform, entry, manifest, indexes } of found.platforms) {
    const reports = [];
    for (const index of indexes) reports.push(await reportIndex(image.store, index));
    platforms.push({
      platform: formatPlatform(platform),
      manifest: entry.digest,
      layers: manifest.layers.length,
      indexes: reports
    });
  }
  const report = { image: image.name, digest: found.digest, platforms };
  return options.json ? `${JSON.stringify(report)}
` : describeImage2(report);
}
async function reportIndex(store, index) {
  const layers = [];
  for (const { layerDigest, ztoc } of index.layers) {
    const bytes = await readWholeBlob(store, { mediaType: ztocMediaType, ...ztoc }, largestZtocBytes);
    const { spans, spanDigests, contents, compressedSize, uncompressedSize } = decodeZtoc(bytes);
    layers.push({
      digest: layerDigest,
      ztoc: { ...ztoc, spanSize: spans.spanSizeBytes, spans: spanDigests.length, files: contents.length },
      compressedSize,
      uncompressedSize
    });
  }
  const { version: version2, digest, buildToolIdentifier } = index;
  return { version: version2, digest, ...buildToolIdentifier !== void 0 && { buildToolIdentifier }, layers };
}
function describeImage2(report) {
  const lines = [report.image, `  ${report.digest}`];
  for (const { platform, manifest, layers, indexes } of report.platforms) {
    lines.push("", `${platform}  manifest ${shortDigest(manifest)}, ${formatCount(layers, "layer")}`);
    if (indexes.length === 0) lines.push("  no SOCI index");
    for (const index of indexes) lines.push(describeIndex2(index));
  }
  return `${lines.join("\n")}
`;
}
function describeIndex2({ version: version2, digest, buildToolIdentifier, layers }) {
  return [
    `  SOCI index ${version2} ${digest}, built by ${JSON.stringify(buildToolIdentifier ?? "nobody who says so")}`,
    printTable(
      ["layer", "size", "uncompressed", "zTOC", "size", "spans", "files"],
      layers.map((layer) => [
        shortDigest(layer.digest),
        formatBytes(layer.compressedSize),
        formatBytes(layer.uncompressedSize),
        shortDigest(layer.ztoc.digest),
        formatBytes(layer.ztoc.size),
        `${layer.ztoc.spans}`,
        `${layer.ztoc.files}`
      ])
    )
  ].join("\n");
}

// lambda-src/cli/inspect-ztoc.ts
import { readFile as readFile4 } from "node:fs/promises";

// lambda-src/cli/input-file.ts
import { open as open2 } from "node:fs/promises";
var pieceBytes2 = 256 * 1024;
async function* readPieces(file) {
  const buffers = [Buffer.allocUnsafe(pieceBytes2), Buffer.allocUnsafe(pieceBytes2)];
  let turn = 0;
  let reading = file.read(buffers[0], 0, pieceBytes2);
  for (; ; ) {
    const { bytesRead } = await reading;
    if (bytesRead === 0) return;
    const piece = buffers[turn % 2].subarray(0, bytesRead);
    turn++;
    reading = file.read(buffers[turn % 2], 0, pieceBytes2);
    reading.catch(() => void 0);
    yield piece;
  }
}
async function withFile(path, use) {
  const file = await open2(path, "r");
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}
async function namingFile(path, work) {
  try {
    return await work();
  } catch (error) {
    throw error instanceof FormatError ? new Error(`${path}: ${error.message}`, { cause: error }) : error;
  }
}

// lambda-src/cli/inspect-ztoc.ts
var shownRows = 10;
async function inspectZtoc(path, asJson) {
  const bytes = await readFile4(path);
  const report = reportZtoc(await namingFile(path, () => decodeZtoc(bytes)), bytes);
  return asJson ? `${JSON.stringify(report)}
` : describeZtoc2(report);
}
function reportZtoc(ztoc, bytes) {
  return {
    digest: digestOf(bytes),
    size: bytes.length,
    buildToolIdentifier: ztoc.buildToolIdentifier,
    compression: ztoc.spans.compression,
    spanSize: ztoc.spans.spanSizeBytes,
    compressedSize: ztoc.compressedSize,
    uncompressedSize: ztoc.uncompressedSize,
    spans: ztoc.spanDigests.map((digest, index) => ({
      ...locateSpan(ztoc, index),
      uncompressedOffset: ztoc.spans.compression === "gzip" ? ztoc.spans.checkpoints[index].uncompressedOffset : index * ztoc.spans.spanSizeBytes,
      digest
    })),
    files: Array.from(ztoc.contents, (entry) => ({
      name: Buffer.from(entry.name).toString(),
      type: entry.type,
      size: Number(entry.uncompressedSize),
      offset: entry.uncompressedOffset,
      mode: `0${entry.mode.toString(8)}`,
      uid: entry.uid,
      gid: entry.gid,
      modified: entry.modificationTime,
      ...entry.linkName.length > 0 && { link: Buffer.from(entry.linkName).toString() }
    }))
  };
}
function describeZtoc2(report) {
  const largest = report.files.toSorted((a, b) => b.size - a.size).slice(0, shownRows);
  return [
    `zTOC ${report.digest}`,
    `  ${formatBytes(report.size)}, built by ${JSON.stringify(report.buildToolIdentifier)}`,
    `  of a layer of ${formatBytes(report.compressedSize)} (${report.compression}), ${formatBytes(report.uncompressedSize)} uncompressed`,
    `  ${formatCount(report.spans.length, "span")} of ${formatBytes(report.spanSize)}, ${formatCount(report.files.length, "file")}`,
    "",
    printTable(
      ["span", "layer bytes", "size", "uncompressed from", "digest"],
      report.spans.slice(0, shownRows).map((span, index) => [
        `${index}`,
        `${span.start} - ${span.end}`,
        formatBytes(span.end - span.start),
        `${span.uncompressedOffset}`,
        span.digest.slice(0, 19)
      ]),
      report.spans.length
    ),
    "",
    printTable(
      ["largest files", "size", "at", "type"],
      largest.map((file) => [file.name, formatBytes(file.size), `${file.offset}`, file.type]),
      report.files.length
    ),
    ""
  ].join("\n");
}

// lambda-src/cli/inspect-command.ts
function addInspectCommand(program2) {
  const command = program2.command("inspect").argument("<image|file>", "an image (REGISTRY/REPO[:TAG][@DIGEST], oci:DIR[:TAG]), or the file of a zTOC").description("show an image's SOCI indexes, or what is in a zTOC");
  addImageAccessOptions(command).addOption(jsonOption()).addHelpText(
    "after",
    "\nExamples:\n  soci-index inspect localhost:5000/app:v1-soci\n  soci-index inspect layer.ztoc"
  ).action(async (name, options) => {
    const report = await isFile(name) ? await inspectZtoc(name, options.json) : await inspectImage(name, options);
    process.stdout.write(report);
  });
}
async function isFile(name) {
  try {
    return (await stat2(name)).isFile();
  } catch {
    return false;
  }
}

// lambda-src/cli/ztoc-command.ts
import { rename as rename2, rm as rm2, writeFile as writeFile2 } from "node:fs/promises";
var defaultMediaType = "application/vnd.oci.image.layer.v1.tar+gzip";
function addZtocCommand(program2) {
  program2.command("ztoc").argument("<file>", "a layer, gzip or plain tar").description("build the zTOC of a layer file").option("--media-type <type>", "the layer's media type", defaultMediaType).addOption(spanSizeOption()).addOption(buildToolIdentifierOption()).option("--output <file>", "where to write the zTOC (without it, none is written)").addOption(jsonOption()).addHelpText("after", "\nExample:\n  soci-index ztoc layer.tar.gz --output layer.ztoc").action(async (path, options) => {
    const startedAt = performance.now();
    const ztoc = await buildZtocOfFile(path, {
      compression: compressionOf(options.mediaType),
      spanSizeBytes: options.spanSize,
      buildToolIdentifier: options.buildToolIdentifier
    });
    const bytes = encodeZtoc(ztoc);
    if (options.output !== void 0) await writeWhole(options.output, bytes);
    const summary = summarizeZtoc(ztoc, bytes);
    if (options.json) {
      process.stdout.write(`${JSON.stringify(summary)}
`);
      return;
    }
    const seconds = (performance.now() - startedAt) / 1e3;
    process.stdout.write(
      [
        summary.digest,
        `zTOC   ${formatBytes(summary.size)}: ${formatCount(summary.spans, "span")}, ${formatCount(summary.files, "file")}`,
        `layer  ${formatBytes(summary.compressedSize)}, ${formatBytes(summary.uncompressedSize)} uncompressed`,
        `read once in ${formatSeconds(seconds)}` + (options.output === void 0 ? "; not written (--output FILE)" : `; written to ${options.output}`),
        ""
      ].join("\n")
    );
  });
}
function summarizeZtoc(ztoc, bytes) {
  return {
    digest: digestOf(bytes),
    size: bytes.length,
    spans: ztoc.spanDigests.length,
    files: ztoc.contents.length,
    compressedSize: ztoc.compressedSize,
    uncompressedSize: ztoc.uncompressedSize
  };
}
function compressionOf(mediaType) {
  const format2 = layerFormatOf(mediaType);
  if (format2 === "gzip" || format2 === "uncompressed") return format2;
  throw new ConfigError([
    `--media-type ${mediaType}: there are zTOCs only for layers that are gzip or plain tar, such as ${defaultMediaType}`
  ]);
}
async function buildZtocOfFile(path, options) {
  if (options.compression === "uncompressed" && options.spanSizeBytes === 0) {
    throw new ConfigError(["--span-size must be at least 1 for a layer that is not compressed"]);
  }
  return withFile(path, async (file) => {
    const builder = createZtocBuilder(options);
    const progress = new ByteProgress(path, (await file.stat()).size);
    try {
      return await namingFile(path, async () => {
        for await (const piece of readPieces(file)) {
          builder.push(piece);
          progress.add(piece.length);
        }
        return builder.finish();
      });
    } finally {
      builder.discard();
      progress.finish();
    }
  });
}
async function writeWhole(path, bytes) {
  const partPath = `${path}.part-${process.pid}`;
  try {
    await writeFile2(partPath, bytes);
    await rename2(partPath, path);
  } catch (error) {
    await rm2(partPath, { force: true });
    throw error;
  }
}

// lambda-src/cli/program.ts
function createProgram() {
  const program2 = new Command("soci-index").description(
    "Builds and inspects SOCI (Seekable OCI) indexes, with which container images start before they are downloaded."
  ).version(version).exitOverride().showHelpAfterError("(soci-index --help, or soci-index COMMAND --help, tells more)").helpCommand(false);
  addIndexCommand(program2);
  addZtocCommand(program2);
  addInspectCommand(program2);
  addDemoCommand(program2);
  return program2;
}

// lambda-src/cli/main.ts
var exitDone = 0;
var exitFailed = 1;
var exitWrongUsage = 2;
async function run() {
  try {
    await createProgram().parseAsync();
    return process.exitCode === void 0 ? exitDone : Number(process.exitCode);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitDone : exitWrongUsage;
    const isWrongUsage = error instanceof ConfigError;
    process.stderr.write(`soci-index: ${error instanceof Error ? error.message : String(error)}
`);
    return isWrongUsage ? exitWrongUsage : exitFailed;
  }
}
if (!serveZtocJobs()) process.exitCode = await run();
