namespace Mlorq.Cli.Tests;

/// <summary>What a command line did.</summary>
internal sealed record CommandRun(int ExitCode, string Output, string Error)
{
    /// <summary>Runs a command line in this process.</summary>
    public static CommandRun Of(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = CommandLine.Run(args, new Terminal(Terminal.Plain(output), Terminal.Plain(error), TestContext.Current.CancellationToken));
        return new CommandRun(code, output.ToString(), error.ToString());
    }

    /// <summary>Asserts a failure that a user can understand: the number, the words, no stack trace, nothing on the output.</summary>
    public CommandRun FailsWith(int code, params string[] words)
    {
        Assert.True(code == ExitCode, $"exit code {ExitCode} instead of {code}: {Error}");
        foreach (var word in words) Assert.Contains(word, Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", Error, StringComparison.Ordinal);
        Assert.Empty(Output);
        return this;
    }

    /// <summary>Asserts success.</summary>
    public CommandRun Succeeds()
    {
        Assert.True(ExitCode == 0, $"exit code {ExitCode}: {Error}");
        return this;
    }
}
