using System.CommandLine;

namespace Mlorq.Cli.Commands;

/// <summary><c>mlorq completion</c>: a script for a shell, which asks <c>mlorq</c> itself how a line may go on.</summary>
internal sealed class CompletionCommand : Command, ICommandWithExamples
{
    // The words of the line after the command's own name, and where in them the cursor is, are what the parser completes.
    private const string Bash = """
        _mlorq() {
          local line="${COMP_LINE#* }" IFS=$'\n'
          local start=$(( ${#COMP_LINE} - ${#line} ))
          COMPREPLY=( $(compgen -W "$(mlorq "[suggest:$(( COMP_POINT - start ))]" "$line" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}") )
        }
        complete -o default -F _mlorq mlorq
        """;

    private const string Zsh = """
        _mlorq() {
          local line="${BUFFER#* }"
          local start=$(( ${#BUFFER} - ${#line} ))
          local -a found
          found=( "${(@f)$(mlorq "[suggest:$(( CURSOR - start ))]" "$line" 2>/dev/null)}" )
          compadd -- $found || _files
        }
        compdef _mlorq mlorq
        """;

    private const string PowerShell = """
        Register-ArgumentCompleter -Native -CommandName mlorq -ScriptBlock {
          param($word, $ast, $position)
          $text = $ast.ToString()
          $start = $text.IndexOf(' ') + 1
          $line = $text.Substring($start).PadRight($position - $start)
          mlorq "[suggest:$($position - $start)]" $line 2>$null | Where-Object { $_ -like "$word*" } |
            ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
        }
        """;

    private static readonly Dictionary<string, string> Scripts = new() { ["bash"] = Bash, ["zsh"] = Zsh, ["pwsh"] = PowerShell };

    private CompletionCommand(Terminal terminal)
        : base("completion", "Prints a script by which a shell completes commands, options and their words.")
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or pwsh." };
        shell.CompletionSources.Add([.. Scripts.Keys]);
        Add(shell);
        SetAction(parsed =>
        {
            var name = parsed.GetRequiredValue(shell);
            if (!Scripts.TryGetValue(name, out var script)) throw new UsageException($"There is no script for '{name}'; it must be bash, zsh or pwsh.");
            Terminal.WriteLine(terminal.Output, script);
            return ExitCode.Success;
        });
    }

    public IReadOnlyList<(string What, string Line)> Examples =>
    [
        ("In ~/.bashrc: source <(mlorq completion bash); in ~/.zshrc, after compinit: source <(mlorq completion zsh)", "mlorq completion bash"),
        ("In the profile of PowerShell: mlorq completion pwsh | Out-String | Invoke-Expression", "mlorq completion pwsh"),
    ];

    public static Command Create(Terminal terminal) => new CompletionCommand(terminal);
}
