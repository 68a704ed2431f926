using Spectre.Console;

namespace Mlorq.Cli.Display;

/// <summary>The sizes that were tried for a target.</summary>
internal static class TrialTable
{
    public static void Write(IAnsiConsole console, IReadOnlyList<TargetTrial> trials)
    {
        var table = Tables.Create("Sizes tried", "bytes", "measured", "").NumbersFrom(0);
        foreach (var trial in trials) table.Row(Format.Bytes(trial.SizeInBytes), Format.Text($"{trial.Value:0.####}"), trial.IsMet ? "will do" : "too little");
        console.Write(table);
    }
}
