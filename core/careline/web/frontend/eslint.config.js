// Rules for our own scripts: small ES2020 modules without a framework.
import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["node_modules/**", "**/vendor/**"] },
  js.configs.recommended,
  {
    files: ["**/*.js"],
    languageOptions: {
      ecmaVersion: 2022,
      sourceType: "module",
      globals: { ...globals.browser, ...globals.worker },
    },
    rules: {
      curly: "error",
      eqeqeq: "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-var": "error",
      "prefer-const": "error",
      "max-lines": ["error", { max: 400 }],
      complexity: ["error", 15],
      "no-restricted-properties": [
        "error",
        { property: "outerHTML", message: "build elements, or let the server render" },
      ],
    },
  },
  { files: ["**/*.mjs"], languageOptions: { globals: globals.node } },
];
