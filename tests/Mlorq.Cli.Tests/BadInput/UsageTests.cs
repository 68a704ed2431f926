using Mlorq.Onnx;
using Mlorq.TestKit;

namespace Mlorq.Cli.Tests.BadInput;

public sealed class UsageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly OldOutput _output = new();

    [Theory]
    [InlineData("small")]
    [InlineData("2,5MB")]
    [InlineData("-3MB")]
    [InlineData("0")]
    [InlineData("8X8")]
    [InlineData("")]
    public void A_malformed_budget(string budget) =>
        Refused(ExitCode.Usage, ["--budget", budget], $"'{budget}'", "2.5MB", "8x");

    [Theory]
    [InlineData("many")]
    [InlineData("3.5bits")]
    [InlineData("0")]
    [InlineData("-1")]
    public void A_malformed_average(string bits) => Refused(ExitCode.Usage, ["--average-bits", bits], bits, "3.5");

    [Fact]
    public void No_budget_or_two()
    {
        Refused(ExitCode.Usage, [], "--budget", "--average-bits");
        Refused(ExitCode.Usage, ["--budget", "2x", "--average-bits", "4"], "not both");
    }

    [Theory]
    [InlineData("8")]
    [InlineData("8,5ms")]
    [InlineData("0ms")]
    [InlineData("-1ms")]
    [InlineData("soon")]
    public void A_malformed_latency(string latency) => Refused(ExitCode.Usage, ["--budget", "2x", "--max-latency", latency, "--kernels", "none.json"], $"'{latency}'", "8ms");

    [Fact]
    public void A_limit_on_latency_needs_a_table_and_a_table_a_limit()
    {
        Refused(ExitCode.Usage, ["--budget", "2x", "--max-latency", "8ms"], "mlorq bench kernels", "--kernels");
        Refused(ExitCode.Usage, ["--budget", "2x", "--kernels", "none.json"], "--max-latency 8ms");
        Refused(ExitCode.UnusableData, ["--budget", "2x", "--max-latency", "8ms", "--kernels", "none.json"], "'none.json' cannot be read");
    }

    [Fact]
    public void An_impossible_budget_says_what_is_possible() =>
        Refused(ExitCode.BudgetCannotBeMet, ["--budget", "1KB"], "0.001 MB cannot be met", "linear layers", "graph", "Raise the budget to");

    [Theory]
    [InlineData("--threads", "0")]
    [InlineData("--threads", "two")]
    [InlineData("--samples", "-1")]
    [InlineData("--rounding", "up")]
    [InlineData("--sequential", "full")]
    [InlineData("--rounding-iterations", "0")]
    [InlineData("--rounding-rate", "0,1")]
    [InlineData("--rounding-rate", "-0.1")]
    [InlineData("--tuning-features", "0,5")]
    [InlineData("--tuning", "all")]
    [InlineData("--reconstruction", "layer")]
    [InlineData("--effort", "huge")]
    [InlineData("--sensitivity", "guessed")]
    [InlineData("--weighting", "columns")]
    [InlineData("--gradient-samples", "0")]
    [InlineData("--projections", "-1")]
    [InlineData("--seed", "-1")]
    [InlineData("--seed", "today")]
    [InlineData("--resize", "big")]
    [InlineData("--crop", "0")]
    [InlineData("--interpolation", "cubic")]
    [InlineData("--mean", "0,5")]
    [InlineData("--std", "x")]
    [InlineData("--colour", "red")]
    public void A_bad_option_is_named_with_its_value(string option, string value)
    {
        // "0,5" is two numbers: it fails because grey has one channel, and that is for the preprocessing to say.
        var code = option == "--mean" ? ExitCode.UnusableData : ExitCode.Usage;
        Refused(code, ["--budget", "2x", option, value], option.TrimStart('-'));
    }

    [Theory]
    [InlineData("int8-static", "memory", "--runtime speed")]
    [InlineData("int8-dynamic", "memory", "Leave --runtime out")]
    [InlineData("float", "speed", "int8-dynamic or int8-static")]
    [InlineData("int8", "speed", "'int8'")]
    public void Activations_that_do_not_go_with_the_runtime_are_refused(string activations, string runtime, string expected) =>
        Refused(ExitCode.Usage, ["--budget", "2x", "--activations", activations, "--runtime", runtime], activations, expected);

    [Fact]
    public void A_guard_is_a_number_of_decibels_for_static_scales()
    {
        Refused(ExitCode.Usage, ["--budget", "2x", "--activation-guard", "20"], "--activations int8-static");
        Refused(ExitCode.Usage, ["--budget", "2x", "--activations", "int8-static", "--activation-guard", "20dB"], "'20dB'", "none");
    }

    [Theory]
    [InlineData("--rounding-iterations", "100")]
    [InlineData("--rounding-rate", "0.1")]
    public void How_adaptive_rounding_learns_is_refused_for_other_roundings(string option, string value) =>
        Refused(ExitCode.Usage, ["--budget", "2x", "--rounding", "compensated", option, value], "--rounding adaptive");

    [Theory]
    [InlineData("much", "1.5GiB")]
    [InlineData("2,5GB", "1.5GiB")]
    [InlineData("8x", "1.5GiB")]
    [InlineData("3bits", "1.5GiB")]
    [InlineData("0", "1.5GiB")]
    [InlineData("63.9MB", "64MB or more")]
    public void A_malformed_or_small_memory(string memory, string help) =>
        Refused(ExitCode.Usage, ["--budget", "2x", "--memory", memory], $"--memory is '{memory}'", help);

    [Fact]
    public void A_word_that_is_not_offered_is_told_from_those_that_are()
    {
        Refused(ExitCode.Usage, ["--budget", "2x", "--sensitivity", "guessed"], "--sensitivity is 'guessed'; it must be gradients or measured.");
        Refused(ExitCode.Usage, ["--budget", "2x", "--weighting", "columns"], "--weighting is 'columns'; it must be plain, moments, rows, tokens, outputs or hessian.");
    }

    [Fact]
    public void A_tensor_that_cannot_be_projected() =>
        Refused(ExitCode.Usage, ["--budget", "2x", "--project", "a1", "--project", "logit"], "there is no tensor 'logit'", "By default these would be: logits.");

    [Theory]
    [InlineData("--log")]
    [InlineData("--config")]
    [InlineData("--exclude")]
    [InlineData("--pin")]
    [InlineData("--bits")]
    [InlineData("--project")]
    public void An_option_without_its_value_is_named(string option)
    {
        Refused(ExitCode.Usage, ["--budget", "2x", option], option, "`mlorq compress --help`");
        // Here it may take the next option for its value, which then is no format, no file and no tensor.
        Refused(ExitCode.Usage, [option, "--budget", "2x"], "error: ");
    }

    [Fact]
    public void Missing_arguments_are_named()
    {
        CommandRun.Of("compress").FailsWith(ExitCode.Usage, "--calibration", "--output", "`mlorq compress --help`");
        CommandRun.Of("compres").FailsWith(ExitCode.Usage, "compres");
        CommandRun.Of().FailsWith(ExitCode.Usage, "mlorq --help");
    }

    public void Dispose()
    {
        _folder.Dispose();
        _output.Dispose();
    }

    private void Refused(int code, string[] options, params string[] words)
    {
        OnnxWriter.Write(SmallModels.Classifier(), _folder.File("model.onnx"));
        string[] line = ["compress", _folder.File("model.onnx"), "--calibration", Sample.Calibration, "--output", _output.Path];
        string[] few = options.Contains("--samples") ? [] : ["--samples", "8"];
        var run = CommandRun.Of([.. line, .. few, .. options]);

        run.FailsWith(code, words);
        _output.IsUntouched();
    }
}
