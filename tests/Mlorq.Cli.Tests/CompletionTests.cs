using Mlorq.TestKit;

namespace Mlorq.Cli.Tests;

/// <summary>The completion of lines, as a shell asks for it.</summary>
public sealed class CompletionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("mlorq comp", "completion,compress")]
    [InlineData("mlorq compress --eff", "--effort")]
    [InlineData("mlorq compress model.onnx --effort ", "best,fast,normal")]
    [InlineData("mlorq compress model.onnx --effort fa", "fast")]
    [InlineData("mlorq compress --tuning-s", "--tuning-steps")]
    [InlineData("mlorq inspect --quie", "--quiet")]
    [InlineData("mlorq completion p", "pwsh")]
    [InlineData("mlorq nothing-like-this", "")]
    public void Bash_completes_commands_options_and_words(string line, string expected)
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "needs bash");
        File.WriteAllText(_folder.File("mlorq"), $"#!/bin/sh\nexec dotnet '{CommandProcess.Dll}' \"$@\"\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_folder.File("mlorq"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var words = line.Split(' ');
        var script = $$"""
            PATH='{{_folder.Path}}':$PATH
            source <(mlorq completion bash)
            complete -p mlorq >&2
            COMP_LINE='{{line}}' COMP_POINT={{line.Length}} COMP_WORDS=({{string.Join(' ', words.Select(w => $"'{w}'"))}}) COMP_CWORD={{words.Length - 1}}
            _mlorq
            printf '%s\n' "${COMPREPLY[@]}"
            """;
        using var process = CommandProcess.StartCommand("bash", "-c", script);
        var run = process.End();
        Assert.Contains("complete -o default -F _mlorq mlorq", run.Error, StringComparison.Ordinal);
        Assert.Equal(expected, string.Join(',', run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void There_is_a_script_for_each_shell_and_no_other()
    {
        Assert.Contains("compdef _mlorq mlorq", CommandRun.Of("completion", "zsh").Succeeds().Output, StringComparison.Ordinal);
        Assert.Contains("Register-ArgumentCompleter", CommandRun.Of("completion", "pwsh").Succeeds().Output, StringComparison.Ordinal);
        CommandRun.Of("completion", "fish").FailsWith(ExitCode.Usage, "'fish'", "bash, zsh or pwsh");
    }

    public void Dispose() => _folder.Dispose();
}
