/** What each shell is told once. All three ask the program itself, so they never grow old. */
export const COMPLETION_SCRIPTS = {
  // Works without the package bash-completion, and with the bash 3.2 of macOS. The line comes in a variable and not as
  // an argument: other users can read arguments, and a line may hold a password.
  bash: `# bash completion for sessiondb and minsky. In ~/.bashrc:  source <(sessiondb completion bash)
_sessiondb_complete() {
  local answer line kind=
  COMPREPLY=()
  answer="$(SESSIONDB_COMPLETE_LINE="\${COMP_LINE:0:COMP_POINT}" SESSIONDB_COMPLETE_BREAKS="$COMP_WORDBREAKS" \\
    command "$1" __complete bash 2>/dev/null </dev/null)" || return 0
  while IFS= read -r line; do
    if [ -z "$kind" ]; then kind="$line"; else COMPREPLY[\${#COMPREPLY[@]}]="$line"; fi
  done <<< "$answer"
  if [ "$kind" = files ]; then compopt -o default +o nospace 2>/dev/null; fi
  return 0
}
complete -o nospace -F _sessiondb_complete sessiondb minsky
`,
  zsh: `#compdef sessiondb minsky
# zsh completion for sessiondb and minsky. In ~/.zshrc, behind compinit:  source <(sessiondb completion zsh)
_sessiondb_complete() {
  local line word
  local -a answer ended open ended_text open_text
  answer=("\${(@f)$(command "\${(Q)words[1]}" __complete zsh "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null </dev/null)}")
  if [[ "$answer[1]" == files ]]; then _files; return; fi
  for line in "\${(@)answer[2,-1]}"; do
    word="\${line%%$'\\t'*}"
    if [[ "$word" == *[:/] ]]; then open+=("$word"); open_text+=("$word  \${line#*$'\\t'}")
    else ended+=("$word"); ended_text+=("$word  \${line#*$'\\t'}"); fi
  done
  (( $#ended )) && compadd -l -d ended_text -a ended
  (( $#open )) && compadd -l -S '' -d open_text -a open
  return 0
}
compdef _sessiondb_complete sessiondb minsky
`,
  fish: `# fish completion for sessiondb and minsky. In ~/.config/fish/config.fish:  sessiondb completion fish | source
function __sessiondb_complete
    set -l typed (commandline -opc)
    set -l program $typed[1]
    set -e typed[1]
    set -l current (commandline -ct | string unescape 2>/dev/null; or commandline -ct)
    set -l answer (command $program __complete fish $typed "$current" 2>/dev/null </dev/null)
    if test "$answer[1]" = files
        __fish_complete_path "$current"
        return 0
    end
    set -e answer[1]
    test (count $answer) -gt 0; and printf '%s\\n' $answer
    return 0
end
complete -c sessiondb -f -a '(__sessiondb_complete)'
complete -c minsky -f -a '(__sessiondb_complete)'
`,
} as const;
