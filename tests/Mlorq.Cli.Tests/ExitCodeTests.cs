using System.Runtime.CompilerServices;
using Mlorq.Onnx;
using Mlorq.Vision;

namespace Mlorq.Cli.Tests;

public class ExitCodeTests
{
    [Fact]
    public void Every_error_that_a_user_can_mend_has_a_number()
    {
        var assemblies = new[] { typeof(MlorqException), typeof(Compressor), typeof(Preprocessing), typeof(ExitCode) }.Select(t => t.Assembly);
        var types = assemblies.SelectMany(a => a.GetTypes()).Where(t => t.IsSubclassOf(typeof(MlorqException)) && !t.IsAbstract).ToList();
        Assert.NotEmpty(types);
        var without = types.Where(t => ExitCode.Of((Exception)RuntimeHelpers.GetUninitializedObject(t)) == ExitCode.UnexpectedError);
        Assert.Empty(without);
    }

    [Fact]
    public void Cancellation_and_the_unexpected_have_numbers_of_their_own()
    {
        Assert.Equal(130, ExitCode.Of(new TaskCanceledException()));
        Assert.Equal(1, ExitCode.Of(new InvalidOperationException()));
    }
}
